// SPDX-License-Identifier: Apache-2.0
#include "policy/allowance.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "conf/quota_limit.h"
#include "policy/account_limits.h"
#include "policy/accounts.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/repeats.h"
#include "policy/returned_mail.h"
#include "policy/rules/direction.h"
#include "policy/rules/quota_text.h"

namespace milterward {
namespace {

using conf::QuotaMeasure;
using rules::QuotaFact;
using rules::QuotaScope;

}  // namespace

Allowance::Allowance(const Services& services) : services_(services) {
  if (services.counters) reservation_.emplace(*services.counters);
}

bool Allowance::take(rules::RecipientFacts& facts) {
  if (!reservation_ || may_bring_traces(facts) ||
      rules::may_be_own_notice(facts, facts.recipients_before))
    return false;
  Portion portion;
  portion.recipients = 1;
  facts.store_is_unavailable = !find_limits(facts) ||
                               !look_for_first_times(portion, {&facts.recipient, 1}) ||
                               !count(std::move(portion));
  facts.account_is_locked = is_locked_;
  const bool decides = !all_fit() || facts.store_is_unavailable || is_locked_;
  if (decides) facts.quotas = quotas();
  return decides;
}

void Allowance::take(rules::MessageFacts& facts, const Content& content) {
  if (!reservation_ || facts.returned != rules::Returned::no || rules::is_own_notice(facts))
    return;
  if (!find_limits(facts)) {
    facts.store_is_unavailable = true;
    return;
  }
  if (limits_.empty() && !lock_ && warmups_.empty()) return;
  const auto mark = limits_.empty() ? "" : content.mark();
  const auto repeats = is_a_repeat(mark);
  if (repeats && *repeats) {
    reservation_->release();
    limits_.clear();
    warmups_.clear();
    facts.account_is_locked = is_locked_;
    return;
  }
  Portion portion;
  portion.recipients =
      facts.recipient_count - std::min(recipients_counted_, facts.recipient_count);
  portion.octets = content.octets;
  if (!mark.empty())
    portion.marks.push_back({mark, window_of_repeats(), 1, ports::no_limit});
  const bool all_looked_up =
      portion.recipients == 0 || look_for_first_times(portion, content.recipients);
  facts.store_is_unavailable = !repeats || !all_looked_up || !count(std::move(portion));
  // Limits with room decide nothing; they are for those who read of it later.
  if (services_.facts_log || !all_fit()) facts.quotas = quotas();
  facts.account_is_locked = is_locked_;
}

bool Allowance::commit(rules::MessageFacts& facts, const Content& content,
                       const std::string& id, const std::string& queue_id) {
  if (!reservation_) return true;
  // What is held for its limit is not counted, recipients before that limit included.
  if (!all_fit() && services_.config->quota.mode == Mode::enforce) {
    reservation_->release();
    return true;
  }
  const bool days_begin = std::ranges::all_of(warmups_, [&](const Warmup& warmup) {
    return warmup.begin_day(*reservation_, deadline());
  });
  add_marks();
  const bool passes =
      days_begin && (!free_pass_ || free_pass_->commit(deadline()).has_value());
  if (!passes || !reservation_->commit(deadline())) {
    facts.store_is_unavailable = true;
    return false;
  }
  if (message_is_counted_ && !warmups_.empty()) {
    const auto message_id = content.message_id();
    for (auto& warmup : warmups_)
      warmup.accepted(facts, message_id, content.recipients, deadline());
  }
  for (const auto& limit : limits_) {
    if (!limit.is_past_warning) continue;
    log_event(Event::quota_warning,
              {{"id", id},
               {"queue_id", queue_id},
               {"scope", std::string{to_text(limit.scope)}},
               {"subject", subject_of(limit.scope)},
               {"quota", fmt::format("{}/{}", to_text(limit.measure), limit.period)},
               {"used", std::to_string(limit.count.used)},
               {"limit", std::to_string(limit.hit.limit)}});
  }
  return true;
}

bool Allowance::find_limits(const rules::SenderFacts& facts) {
  if (limits_are_found_) return true;
  const auto& config = *services_.config;
  if (facts.client_is_authenticated() && config.control.is_open())
    lock_ = {lock_of(facts.login), ports::lasting, 0, 0};
  warmups_.clear();
  plans_ = rules::plans_for(facts, config.quota);
  limits_ = limits_for(plans_, config.quota);
  warmups_.reserve(plans_.size());
  for (const auto& applied : plans_) {
    if (!Warmup::is_for(applied.scope)) continue;
    auto& warmup = warmups_.emplace_back(services_, applied);
    if (!warmup.look(deadline()) || !warmup.settle(deadline()) ||
        !warmup.climb(*reservation_, deadline()))
      return false;
    std::ranges::move(warmup.limits(), std::back_inserter(limits_));
  }
  limits_are_found_ = true;
  return true;
}

bool Allowance::look_for_first_times(Portion& portion,
                                     std::span<const std::string> recipients) {
  std::vector<ports::Hit> unknown;
  std::vector<QuotaScope> whose;
  for (const auto scope : rules::quota_scopes) {
    const auto counts_them = [&](const CountedLimit& limit) {
      return limit.scope == scope && limit.measure == QuotaMeasure::first_time_recipients;
    };
    const auto limit = std::ranges::find_if(limits_, counts_them);
    if (limit == limits_.end()) continue;
    for (const auto& recipient : recipients) {
      ports::Hit mark{acquaintance(scope, subject_of(scope), recipient),
                      window_of_acquaintance(), 0, ports::no_limit};
      const auto is_same = [&](const ports::Hit& other) {
        return other.counter == mark.counter;
      };
      if (std::ranges::any_of(marks_, is_same) || std::ranges::any_of(unknown, is_same))
        continue;  // twice among the recipients of one message
      unknown.push_back(std::move(mark));
      whose.push_back(scope);
    }
  }
  if (unknown.empty()) return true;
  const auto seen = services_.counters->hit(
      unknown, ports::Grant::always, ports::since_1970(*services_.clock), deadline());
  if (!seen) return false;
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    if (seen->counts[i].used == 0)
      ++portion.first_time_recipients[static_cast<std::size_t>(whose[i])];
    unknown[i].amount = 1;  // also of those known, who are remembered for longer
    portion.marks.push_back(std::move(unknown[i]));
  }
  return true;
}

/// None when the store is unavailable. Free passes are reserved as anything else is, so
/// that of many copies at once no more than those few pass.
std::optional<bool> Allowance::is_a_repeat(const std::string& mark) {
  if (mark.empty()) return false;
  const auto now = ports::since_1970(*services_.clock);
  const ports::Hit hit{mark, window_of_repeats(), 0, ports::no_limit};
  const auto seen =
      services_.counters->hit({&hit, 1}, ports::Grant::always, now, deadline());
  if (!seen) return std::nullopt;
  if (seen->counts[0].used == 0) return false;
  std::vector<ports::Hit> hits{{free_pass(mark), window_of_repeats(), 1, free_repeats}};
  if (lock_) hits.push_back(*lock_);
  free_pass_.emplace(*services_.counters);
  const auto added =
      free_pass_->add(std::move(hits), ports::Grant::within_limits, now, deadline());
  if (!added) return std::nullopt;
  if (added->granted && lock_) is_locked_ = added->counts.back().used != 0;
  return added->granted;
}

/// A scope has at most one plan.
const std::string& Allowance::subject_of(QuotaScope scope) const {
  return std::ranges::find(plans_, scope, &rules::AppliedPlan::scope)->subject;
}

std::uint64_t Allowance::amount_of(const CountedLimit& limit,
                                   const Portion& portion) const {
  switch (limit.measure) {
    case QuotaMeasure::messages:
      return message_is_counted_ ? 0 : 1;
    case QuotaMeasure::recipients:
      return portion.recipients;
    case QuotaMeasure::first_time_recipients:
      return portion.first_time_recipients[static_cast<std::size_t>(limit.scope)];
    case QuotaMeasure::bytes:
      return portion.octets;
  }
  unreachable();
}

bool Allowance::count(Portion portion) {
  std::vector<ports::Hit> hits;
  std::vector<CountedLimit*> hit_ones;
  hits.reserve(2 * limits_.size() + 4);  // what warm-up remembers included
  hit_ones.reserve(limits_.size());
  for (auto& limit : limits_) {
    limit.count.fits = !limit.is_past_limit;  // a refused recipient is told, and gone
    limit.hit.amount = amount_of(limit, portion);
    if (limit.hit.amount == 0) continue;
    hits.push_back(limit.hit);
    hit_ones.push_back(&limit);
  }
  for (const auto& warmup : warmups_) warmup.add_memory_of(portion.recipients, hits);
  if (!message_is_counted_) {
    for (auto& warmup : warmups_) warmup.add_memory(hits);
    if (warmups_.empty() && !hits.empty())
      hits.push_back(Warmup::sign_of_life(services_.config->quota));
  }
  if (lock_) hits.push_back(*lock_);  // read in the same step
  bool granted = true;
  if (!hits.empty()) {
    const auto grant = services_.config->quota.mode == Mode::enforce
                           ? ports::Grant::within_limits
                           : ports::Grant::always;
    const auto result = reservation_->add(std::move(hits), grant,
                                          ports::since_1970(*services_.clock), deadline());
    if (!result) return false;
    for (std::size_t i = 0; i < hit_ones.size(); ++i)
      hit_ones[i]->note(result->counts[i], result->granted,
                        services_.config->quota.warn_at);
    is_locked_ = lock_ && result->counts.back().used != 0;
    granted = result->granted;
    if (granted && !message_is_counted_)
      for (auto& warmup : warmups_) warmup.remember(*result);
  }
  if (granted) {
    message_is_counted_ = true;
    recipients_counted_ += portion.recipients;
    std::ranges::move(portion.marks, std::back_inserter(marks_));
  }
  return true;
}

/// Kept together with what is counted, in one step. Where they cannot be reserved, a repeat
/// counts again: never too little.
void Allowance::add_marks() {
  if (marks_.empty()) return;
  static_cast<void>(reservation_->add(std::exchange(marks_, {}),
                                      ports::Grant::with_room_to_spare,
                                      ports::since_1970(*services_.clock), deadline()));
}

bool Allowance::all_fit() const {
  return std::ranges::all_of(limits_,
                             [](const CountedLimit& limit) { return limit.count.fits; });
}

std::vector<QuotaFact> Allowance::quotas() const {
  std::vector<QuotaFact> all;
  all.reserve(limits_.size());
  for (const auto& limit : limits_) all.push_back(limit.fact(subject_of(limit.scope)));
  return all;
}

Deadline Allowance::deadline() const {
  return Deadline::after(*services_.clock, services_.config->store.timeout);
}

}  // namespace milterward
