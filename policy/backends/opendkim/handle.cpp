// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/opendkim/handle.h"

using _Bool = bool;  // NOLINT(bugprone-reserved-identifier): that header is C only
#include <opendkim/dkim.h>

#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

#include "policy/auth/dkim/canonical.h"

namespace milterward::backends {

void FreeOpendkim::operator()(dkim_lib* library) const noexcept { dkim_close(library); }
void FreeOpendkim::operator()(dkim* handle) const noexcept { dkim_free(handle); }

namespace {

void* allocate(void*, std::size_t size) { return std::malloc(size); }

/// It copies the private key and frees the copy as it is.
void wipe_and_free(void*, void* memory) {
  if (memory == nullptr) return;
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

OpendkimLibrary make_opendkim_library(unsigned flags) {
  OpendkimLibrary library{dkim_init(allocate, wipe_and_free)};
  if (!library || dkim_options(library.get(), DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags,
                               sizeof flags) != DKIM_STAT_OK)
    throw std::bad_alloc{};
  return library;
}

bool can_feed(const RawHeader& header) noexcept {
  return header.name.size() + header.value.size() <= opendkim_field_limit &&
         header.name.find('\0') == std::string::npos &&
         header.value.find('\0') == std::string::npos;
}

bool relaxes_wrongly(const RawHeader& header) noexcept {
  const auto& value = header.value;
  for (std::size_t i = 0; i < value.size(); ++i)
    if (value[i] == '\f' || value[i] == '\v' ||
        (value[i] == '\r' && (i + 1 == value.size() || value[i + 1] != '\n')))
      return true;
  return false;
}

bool feed_header(dkim* handle, const RawHeader& header) {
  std::string line = header.name + ":" + auth::with_crlf_folds(header.value);
  return dkim_header(handle, reinterpret_cast<unsigned char*>(line.data()), line.size()) ==
         DKIM_STAT_OK;
}

bool feed_body(dkim* handle, std::string_view chunk) {
  if (chunk.empty()) return true;  // libopendkim steps over the end of an empty one
  // It reads only; its prototype lacks the const.
  auto* octets = reinterpret_cast<unsigned char*>(const_cast<char*>(chunk.data()));
  return dkim_body(handle, octets, chunk.size()) == DKIM_STAT_OK;
}

}  // namespace milterward::backends
