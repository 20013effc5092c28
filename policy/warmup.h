// SPDX-License-Identifier: Apache-2.0
// What the store remembers of a sender beyond the limits of its plan: how far it has
// climbed, how much it sends on an average day, what came back. A sender is an account, a
// domain or an address of ours, written SCOPE:NAME. All of it is counters
// (ports/counters.h), so that it outlives crashes, and all daemons of a shared store agree:
//
//     seen:SENDER           days on which it sent, for ever
//     w:begun: w:plan:      it is on the ladder; its plan rules alone
//     w:up: w:down:         steps climbed and descended
//     w:climb:              one a day, so that of many messages at once one climbs
//     w:today: w:lately: w:month:       messages within a day, the idle days, a month
//     w:recipients:         within a month
//     w:active: w:burst:    days on which it sent; one for a day with a burst
//     w:counted:            one a day, so that a day counts once among the active ones
//     w:bounced: w:bounced_messages: w:complained:DIGEST
//                           of a sender (sender_number), within a month
//     store:alive           first messages of a sender's day, within a week
//     store:born:KIND store:resumed     their amount is a day, since 1970: when a class, or
//                           the domains, first warmed up; when the store was new, or spoke
//                           again after a silence
//     sent:DIGEST           of scope, sender, Message-ID and recipient; its amount is the
//                           sender_number of who sent it
//     once:DIGEST           a notice or complaint about it has been counted
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/account_limits.h"
#include "policy/base/deadline.h"
#include "policy/ports/counters.h"
#include "policy/rules/facts.h"
#include "policy/rules/quota.h"
#include "policy/rules/warmup.h"
#include "policy/services.h"

namespace milterward {

class Warmup {
 public:
  Warmup(const Services& services, const rules::AppliedPlan& applied);
  /// Clients have no ladder: they are other people's mail servers.
  static bool is_for(rules::QuotaScope scope) noexcept {
    return scope != rules::QuotaScope::client;
  }

  /// That anything was counted: an old copy of a store that was put back has no such thing.
  static ports::Hit sign_of_life(const conf::QuotaSettings& settings);

  /// Reads where the sender stands. False when the store or the directory is unavailable.
  /// Waits for the store, as all here do. While a shared store is away nothing is known of
  /// it: it has its plan then, within the daemon's share, and nothing is remembered.
  bool look(Deadline deadline);
  /// One that is found existing keeps its plan from now on.
  bool settle(Deadline deadline);
  /// The step of the day goes with the message that is reserved there: given back with it.
  bool climb(ports::Reservation& reservation, Deadline deadline);
  /// From now on its plan rules alone.
  Result<std::monostate, ports::StoreFault> promote(Deadline deadline);

  const rules::WarmupState& state() const noexcept { return state_; }
  const rules::Rung& rung() const noexcept { return rung_; }
  /// Limits of the day's step; none beyond the ladder.
  std::vector<CountedLimit> limits() const;
  /// What every message adds and reads.
  void add_memory(std::vector<ports::Hit>& hits);
  /// Reads what the store said to all those hits.
  void remember(const ports::HitResult& found);
  /// What the first accepted message of a day adds, once however many are accepted at the
  /// same time. Not before: whoever waits for others would leave the day uncounted. False
  /// when the store is unavailable.
  bool begin_day(ports::Reservation& reservation, Deadline deadline) const;
  /// What each portion of its recipients adds.
  void add_memory_of(std::uint64_t recipients, std::vector<ports::Hit>& hits) const;
  /// Of an accepted message: notes for whom it was, and tells of a burst.
  void accepted(const rules::MessageFacts& facts, const std::string& message_id,
                std::span<const std::string> recipients, Deadline deadline);

 private:
  bool is_account() const noexcept { return scope_ == rules::QuotaScope::account; }
  ports::Hit counter(std::string_view name, const ports::CountingWindow& window,
                     std::uint64_t amount) const;
  /// Sets what is a day since 1970 to today.
  bool date(const std::string& counter, bool is_set, Deadline deadline);
  bool look_at_directory();
  bool look_at_store(Deadline deadline);
  std::optional<std::uint64_t> burst_from(Deadline deadline);
  void note_burst(Deadline deadline);

  const Services& services_;
  const rules::QuotaScope scope_;
  const std::string subject_;
  const std::string part_;  // of counter names
  const bool warms_up_;
  bool is_blind_ = false;  // the shared store is away
  // Whose first day counts; "" for an address, which is named, and where none warms up.
  const std::string kind_;
  ports::CountingWindow day_;
  ports::CountingWindow lately_;
  ports::CountingWindow month_;
  std::size_t memory_ = 0;  // where among the hits it begins
  bool begins_day_ = false;
  rules::WarmupState state_;
  rules::Rung rung_;
};

}  // namespace milterward
