// SPDX-License-Identifier: Apache-2.0
#include "milter/status/meter.h"

#include <algorithm>

#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward::status {
namespace {

/// Rules, directions and verdicts are as many as the program and its configuration name.
constexpr std::size_t room_for_decisions = 1024;
constexpr std::size_t room_for_words = 64;

struct Part {
  std::string_view name;
  Event fails, works;
};
constexpr std::array<Part, 5> watched_parts{{
    {"dns", Event::dns_failing, Event::dns_recovered},
    {"store", Event::store_failing, Event::store_recovered},
    {"journal", Event::journal_failing, Event::journal_recovered},
    {"feedback", Event::feedback_failing, Event::feedback_recovered},
    {"directory_sql", Event::directory_sql_failing, Event::directory_sql_recovered},
}};

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

Meter::Meter(std::shared_ptr<const Clock> clock)
    : clock_(std::move(clock)),
      began_(clock_->today()),
      decisions_(room_for_decisions),
      results_(room_for_words),
      signings_(room_for_words),
      dns_answers_(room_for_words),
      store_uses_(room_for_words),
      configured_(began_.time_since_epoch().count()) {
  static_assert(parts == watched_parts.size());
}

void Meter::decided(const ports::CountedDecision& decision) noexcept {
  decisions_.add(
      {decision.step, decision.direction, decision.verdict, decision.rule, decision.would});
}

void Meter::authenticated(std::string_view method, std::string_view result) noexcept {
  results_.add({method, result});
}

void Meter::signing(std::string_view state) noexcept { signings_.add({state}); }

void Meter::quota_was(const ports::CountedQuota& quota) noexcept {
  at_c_boundary("metrics", 0, [&] {
    quotas_.note(quota, clock_->now());
    return 0;
  });
}

void Meter::message_took(std::chrono::microseconds time) noexcept {
  message_times_.add(time);
}

void Meter::stage_took(ports::Stage stage, std::chrono::microseconds time) noexcept {
  stage_times_[static_cast<std::size_t>(stage)].add(time);
}

void Meter::dns_asked(ports::DnsAsked how) noexcept {
  dns_asked_[static_cast<std::size_t>(how)].fetch_add(1, relaxed);
}

void Meter::dns_answered(std::string_view result, std::chrono::microseconds time) noexcept {
  dns_answers_.add({result});
  dns_times_.add(time);
}

void Meter::store_used(std::string_view operation, std::string_view result,
                       std::chrono::microseconds time) noexcept {
  store_uses_.add({operation, result});
  store_times_.add(time);
}

void Meter::journal_wrote(std::size_t entries) noexcept {
  journal_written_.fetch_add(entries, relaxed);
}

void Meter::journal_missed(std::size_t entries) noexcept {
  journal_missing_.fetch_add(entries, relaxed);
}

void Meter::happened(Event event, const std::vector<LogField>& fields) noexcept {
  events_[static_cast<std::size_t>(event)].fetch_add(1, relaxed);
  for (std::size_t i = 0; i < watched_parts.size(); ++i) {
    if (event == watched_parts[i].fails) fails_[i].store(true, relaxed);
    if (event == watched_parts[i].works) fails_[i].store(false, relaxed);
  }
  at_c_boundary("metrics", 0, [&] {
    egress_.note(row_of(event).name, fields);
    return 0;
  });
  if (event == Event::config_kept) last_reload_worked_.store(false, relaxed);
  if (event != Event::config_reloaded) return;
  last_reload_worked_.store(true, relaxed);
  configured_.store(clock_->today().time_since_epoch().count(), relaxed);
}

std::vector<Meter::Health> Meter::health() const {
  std::vector<Health> all;
  for (std::size_t i = 0; i < watched_parts.size(); ++i)
    all.push_back({watched_parts[i].name, fails_[i].load(relaxed)});
  return all;
}

}  // namespace milterward::status
