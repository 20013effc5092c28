// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/raw_opendkim.h"

using _Bool = bool;  // NOLINT(bugprone-reserved-identifier): that header is C only
#include <opendkim/dkim.h>

#include <algorithm>
#include <stdexcept>

#include "policy/auth/dkim/canonical.h"
#include "policy/base/unreachable.h"
#include "policy/sign/signed_fields.h"

namespace milterward::bench {
namespace {

struct Free {
  void operator()(dkim* handle) const noexcept { dkim_free(handle); }
};
using Handle = std::unique_ptr<dkim, Free>;

// It writes past its fields when h= names more than there are; with one more it does not.
constexpr std::string_view guard = "X-Milterward-Guard:";

unsigned char* octets_of(const std::string& text) {
  // It reads only; its prototypes lack the const.
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
}

std::string line_of(const RawHeader& field) {
  return field.name + ":" + auth::with_crlf_folds(field.value);
}

void close_library(dkim_lib* library) { dkim_close(library); }

bool feed(dkim* handle, const std::vector<std::string>& lines, const std::string& body) {
  for (const auto& line : lines)
    if (dkim_header(handle, octets_of(line), line.size()) != DKIM_STAT_OK) return false;
  return dkim_eoh(handle) == DKIM_STAT_OK &&
         dkim_body(handle, octets_of(body), body.size()) == DKIM_STAT_OK &&
         dkim_eom(handle, nullptr) == DKIM_STAT_OK;
}

DKIM_CBSTAT on_key_wanted(DKIM* handle, DKIM_SIGINFO*, unsigned char* buffer,
                          std::size_t size) noexcept {
  const auto& record = *static_cast<const std::string*>(dkim_get_user_context(handle));
  if (record.size() >= size) return DKIM_CBSTAT_NOTFOUND;
  std::ranges::copy(record, buffer);
  buffer[record.size()] = '\0';
  return DKIM_CBSTAT_CONTINUE;
}

dkim_alg_t algorithm_of(ports::SigningAlgorithm algorithm) {
  switch (algorithm) {
    case ports::SigningAlgorithm::rsa_sha256:
      return DKIM_SIGN_RSASHA256;
    case ports::SigningAlgorithm::ed25519_sha256:
      return DKIM_SIGN_ED25519SHA256;
  }
  unreachable();
}

}  // namespace

RawOpendkim::RawOpendkim(const Mail& mail, const ports::SigningRequest& request,
                         const Key& key, const RawHeader& signature)
    : library_(dkim_init(nullptr, nullptr), &close_library),
      algorithm_(key.ours->algorithm()),
      body_(mail.body),
      pem_(key.pem),
      record_(key.record),
      domain_(request.domain.name()),
      selector_(request.selector) {
  std::vector<const char*> oversigned;
  for (const auto& name : request.oversigned) oversigned.push_back(name.c_str());
  oversigned.push_back(nullptr);
  const char** names = oversigned.data();
  if (!library_ || dkim_options(library_.get(), DKIM_OP_SETOPT, DKIM_OPTS_OVERSIGNHDRS,
                                names, sizeof names) != DKIM_STAT_OK)
    throw std::runtime_error("libopendkim takes no options");
  dkim_set_key_lookup(library_.get(), &on_key_wanted);
  for (const auto& field : sign::signed_fields(mail.headers, request))
    signed_lines_.push_back(line_of(field));
  verified_lines_.push_back(line_of(signature));
  for (const auto& field : mail.headers) verified_lines_.push_back(line_of(field));
  verified_lines_.emplace_back(guard);
}

bool RawOpendkim::signs() const {
  DKIM_STAT status = DKIM_STAT_OK;
  const Handle handle{dkim_sign(
      library_.get(), reinterpret_cast<const unsigned char*>("bench"), nullptr,
      octets_of(pem_), octets_of(selector_), octets_of(domain_), DKIM_CANON_RELAXED,
      DKIM_CANON_RELAXED, algorithm_of(algorithm_), -1, &status)};
  if (!handle || !feed(handle.get(), signed_lines_, body_)) return false;
  unsigned char* text = nullptr;
  std::size_t size = 0;
  return dkim_getsighdr_d(handle.get(), sizeof "DKIM-Signature:", &text, &size) ==
             DKIM_STAT_OK &&
         size > 0;
}

bool RawOpendkim::verifies() const {
  DKIM_STAT status = DKIM_STAT_OK;
  const Handle handle{dkim_verify(
      library_.get(), reinterpret_cast<const unsigned char*>("bench"), nullptr, &status)};
  if (!handle) return false;
  dkim_set_user_context(handle.get(), const_cast<std::string*>(&record_));
  if (!feed(handle.get(), verified_lines_, body_)) return false;
  auto* const signature = dkim_getsignature(handle.get());
  return signature != nullptr && dkim_sig_geterror(signature) == DKIM_SIGERROR_OK &&
         dkim_sig_getbh(signature) == DKIM_SIGBH_MATCH &&
         (dkim_sig_getflags(signature) & DKIM_SIGFLAG_PASSED) != 0;
}

}  // namespace milterward::bench
