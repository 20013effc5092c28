// SPDX-License-Identifier: Apache-2.0
// One libunbound context in event mode. Everything here happens in the one thread that runs
// the event base: libunbound allows nothing else, deletion included. Must be made after the
// process's last fork.
#pragma once

#include <memory>
#include <string>

#include "policy/ports/resolver.h"

struct event_base;
struct ub_ctx;

namespace milterward::backends {

/// What libunbound's callback hands over; `packet` is its own and gone after the call.
using UnboundCallback = void (*)(void* question, int rcode, void* packet, int packet_length,
                                 int security, char* why_bogus, int rate_limited);

class UnboundContext {
 public:
  /// Throws std::runtime_error when libunbound refuses `config`, a text as in
  /// unbound_config.h. Sends no packet.
  UnboundContext(event_base* base, const std::string& config);
  /// Calls back, from within, for every question still open.
  ~UnboundContext();
  UnboundContext(const UnboundContext&) = delete;
  UnboundContext& operator=(const UnboundContext&) = delete;

  enum class Asked { under_way, bad_name, failed };
  /// Starts a question; `callback` may come before this returns, and comes exactly once if
  /// the question is under way, else never.
  Asked ask(const std::string& name, ports::DnsType type, UnboundCallback callback,
            void* question) noexcept;

 private:
  struct Delete {
    void operator()(ub_ctx* context) const noexcept;
  };
  std::unique_ptr<ub_ctx, Delete> context_;
};

}  // namespace milterward::backends
