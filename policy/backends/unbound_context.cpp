// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/unbound_context.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "policy/backends/file_descriptor.h"

namespace milterward::backends {
namespace {

constexpr int internet_class = 1;

/// A file without a name that holds `text`: the configuration concerns nobody else.
FileDescriptor file_with(const std::string& text) {
  FileDescriptor file{memfd_create("dns-settings", MFD_CLOEXEC)};
  if (!file ||
      write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::system_error{errno, std::system_category(), "libunbound's settings"};
  return file;
}

void check(int error, const char* what) {
  if (error != 0)
    throw std::runtime_error{fmt::format("libunbound: {}: {}", what, ub_strerror(error))};
}

void ignore_answer(void*, int, void*, int, int, char*, int) noexcept {}

}  // namespace

void UnboundContext::Delete::operator()(ub_ctx* context) const noexcept {
  ub_ctx_delete(context);
}

UnboundContext::UnboundContext(event_base* base, const std::string& config)
    : context_{ub_ctx_create_event(base)} {
  if (!context_) throw std::runtime_error{"libunbound: no context"};
  // Its own messages would go to standard error, between the lines of our log.
  check(ub_ctx_debugout(context_.get(), nullptr), "log");
  const auto file = file_with(config);
  check(ub_ctx_config(context_.get(), fmt::format("/proc/self/fd/{}", file.get()).c_str()),
        "settings");
  // The settings take effect with the first question, so ask one that it answers itself:
  // an unusable trust anchor must show now, not with the first mail.
  check(ub_resolve_event(context_.get(), "localhost", static_cast<int>(ports::DnsType::a),
                         internet_class, nullptr, ignore_answer, nullptr),
        "settings (is dns.trust_anchor_file valid?)");
}

UnboundContext::~UnboundContext() = default;

UnboundContext::Asked UnboundContext::ask(const std::string& name, ports::DnsType type,
                                          UnboundCallback callback,
                                          void* question) noexcept {
  const int error = ub_resolve_event(context_.get(), name.c_str(), static_cast<int>(type),
                                     internet_class, question, callback, nullptr);
  if (error == UB_NOERROR) return Asked::under_way;
  return error == UB_SYNTAX ? Asked::bad_name : Asked::failed;
}

}  // namespace milterward::backends
