// SPDX-License-Identifier: Apache-2.0
// The daemon's DNS: our cache, one flight per question however many ask it, and libunbound
// behind them. Message threads never wait for anything here but the answers they want, and
// never enter libunbound: inside it, four threads get less done than one.
#pragma once

#include <chrono>
#include <memory>
#include <unordered_map>

#include "conf/settings/dns.h"
#include "policy/backends/dns_cache.h"
#include "policy/backends/dns_flight.h"
#include "policy/backends/unbound_loop.h"
#include "policy/base/clock.h"
#include "policy/base/guarded.h"
#include "policy/ports/metrics.h"
#include "policy/ports/resolver.h"

namespace milterward::backends {

class UnboundResolver final : public ports::Resolver {
 public:
  /// Starts a thread; make it after the last fork. Without configured servers those of
  /// /etc/resolv.conf are asked. Throws std::runtime_error when the settings cannot be used
  /// (trust anchor unreadable or not one). Sends nothing until asked.
  /// `metrics` may be null.
  UnboundResolver(const conf::DnsSettings& settings, const Clock& clock,
                  std::shared_ptr<ports::Metrics> metrics = nullptr);
  /// Who still waits gets `server_failure`. Nobody may ask any more.
  ~UnboundResolver() override = default;

  /// Faults: `bad_name` for what is no name, `over_limit` while a thousand questions are
  /// under way, `timed_out` when the settings' time-out passes before the waiter's deadline
  /// does. Names are taken in presentation form, see dns_name.h; of the root, "." for NS.
  ports::Pending ask(const ports::DnsQuestion& question) override;

 private:
  void conclude(const DnsKey& key, const ports::DnsResult& result) noexcept;
  void count(ports::DnsAsked how) const noexcept {
    if (metrics_) metrics_->dns_asked(how);
  }

  struct Flight {
    std::shared_ptr<DnsFlight> flight;
    SteadyTime began{};
  };
  using Flights = std::unordered_map<DnsKey, Flight, DnsKeyHash>;

  const Clock& clock_;
  const std::shared_ptr<ports::Metrics> metrics_;
  const std::chrono::milliseconds timeout_;
  DnsCache cache_;
  Guarded<Flights> flights_;
  UnboundLoop loop_;  // the last member: its thread uses the others until it ends
};

}  // namespace milterward::backends
