// SPDX-License-Identifier: Apache-2.0
// All that is counted since the daemon began, in memory: what mail led to, and which events
// there were. It goes on over reloads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "milter/status/egress_book.h"
#include "milter/status/quota_watch.h"
#include "policy/base/clock.h"
#include "policy/base/events.h"
#include "policy/base/histogram.h"
#include "policy/base/sink.h"
#include "policy/base/tally.h"
#include "policy/ports/metrics.h"

namespace milterward::status {

class Meter final : public ports::Metrics {
 public:
  explicit Meter(std::shared_ptr<const Clock> clock);

  void decided(const ports::CountedDecision& decision) noexcept override;
  void authenticated(std::string_view method, std::string_view result) noexcept override;
  void signing(std::string_view state) noexcept override;
  void quota_was(const ports::CountedQuota& quota) noexcept override;
  void message_took(std::chrono::microseconds time) noexcept override;
  void stage_took(ports::Stage stage, std::chrono::microseconds time) noexcept override;
  void dns_asked(ports::DnsAsked how) noexcept override;
  void dns_answered(std::string_view result,
                    std::chrono::microseconds time) noexcept override;
  void store_used(std::string_view operation, std::string_view result,
                  std::chrono::microseconds time) noexcept override;
  void journal_wrote(std::size_t entries) noexcept override;
  void journal_missed(std::size_t entries) noexcept override;

  /// What the log is told of.
  void happened(Event event, const std::vector<LogField>& fields = {}) noexcept;

  // What was counted, for whoever shows it.
  const Tally& decisions() const noexcept { return decisions_; }      // step direction ...
  const Tally& results() const noexcept { return results_; }          // method, result
  const Tally& signings() const noexcept { return signings_; }        // state
  const Tally& dns_answers() const noexcept { return dns_answers_; }  // result
  const Tally& store_uses() const noexcept { return store_uses_; }    // operation, result
  std::vector<WatchedQuota> fullest_quotas() const {
    return quotas_.fullest(clock_->now());
  }
  const EgressBook& egress() const noexcept { return egress_; }
  const Histogram& message_times() const noexcept { return message_times_; }
  const Histogram& stage_times(ports::Stage stage) const noexcept {
    return stage_times_[static_cast<std::size_t>(stage)];
  }
  const Histogram& dns_times() const noexcept { return dns_times_; }
  const Histogram& store_times() const noexcept { return store_times_; }
  std::uint64_t dns_asked_count(ports::DnsAsked how) const noexcept {
    return dns_asked_[static_cast<std::size_t>(how)];
  }
  std::uint64_t journal_written() const noexcept { return journal_written_; }
  std::uint64_t journal_missing() const noexcept { return journal_missing_; }
  std::uint64_t count_of(Event event) const noexcept {
    return events_[static_cast<std::size_t>(event)];
  }
  WallTime began() const noexcept { return began_; }
  /// When the configuration in force was read.
  WallTime configured() const noexcept {
    return WallTime{WallTime::duration{configured_.load(std::memory_order_relaxed)}};
  }
  bool last_reload_worked() const noexcept { return last_reload_worked_; }

  /// Of what an event says that it fails, and another one that it does no more.
  struct Health {
    std::string_view name;  // "dns"
    bool fails = false;
  };
  std::vector<Health> health() const;

 private:
  static constexpr std::size_t most_events = 128;
  static constexpr std::size_t parts = 5;

  const std::shared_ptr<const Clock> clock_;
  const WallTime began_;
  Tally decisions_, results_, signings_, dns_answers_, store_uses_;
  QuotaWatch quotas_;
  EgressBook egress_;
  Histogram message_times_, dns_times_, store_times_;
  std::array<Histogram, ports::stage_count> stage_times_;
  std::array<std::atomic<std::uint64_t>, 3> dns_asked_{};
  std::atomic<std::uint64_t> journal_written_{0}, journal_missing_{0};
  std::array<std::atomic<std::uint64_t>, most_events> events_{};
  std::array<std::atomic<bool>, parts> fails_{};
  std::atomic<WallTime::rep> configured_;
  std::atomic<bool> last_reload_worked_{true};
};

/// Stands before the log and whoever is told, and counts what passes.
class CountingSink final : public Sink {
 public:
  CountingSink(Sink& next, std::shared_ptr<Meter> meter)
      : next_(next), meter_(std::move(meter)) {}
  void write(Event event, const std::vector<LogField>& fields) noexcept override {
    meter_->happened(event, fields);
    next_.write(event, fields);
  }

 private:
  Sink& next_;
  const std::shared_ptr<Meter> meter_;
};

}  // namespace milterward::status
