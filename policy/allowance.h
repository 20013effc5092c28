// SPDX-License-Identifier: Apache-2.0
// What one message takes from the quotas of its sender: reserved from the first recipient
// on, kept when the message is accepted, else given back. Nothing here decides anything.
//
// Mail without a login from trusted hosts is counted at its end only: it may be a message
// that has passed before, which the header alone tells, and which counts once. So does one
// that a client hands in again since it never heard our answer; that it was accepted is
// remembered after its counts are kept, so that of two copies at once none passes
// uncounted.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/account_limits.h"
#include "policy/ports/counters.h"
#include "policy/rules/facts.h"
#include "policy/rules/quota.h"
#include "policy/rules/quota_text.h"
#include "policy/services.h"
#include "policy/warmup.h"

namespace milterward {

class Allowance {
 public:
  /// What the end of a message tells of it.
  struct Content {
    std::span<const std::string> recipients;  // all of them
    std::uint64_t octets = 0;
    /// What a repeat of it is known by; "" for nothing. Called where something is counted.
    std::function<std::string()> mark;
    std::function<std::string()> message_id;  // "" without one; called likewise
  };

  explicit Allowance(const Services& services);

  /// One more recipient. True when `facts` say something that may stand against it. Waits
  /// for the store, at most store.timeout.
  bool take(rules::RecipientFacts& facts);
  /// The end of the message: what recipients did not take. Waits likewise.
  void take(rules::MessageFacts& facts, const Content& content);
  /// Of a message that is accepted. False: the store did not keep the counts in time, and
  /// `facts` say so. Waits likewise.
  bool commit(rules::MessageFacts& facts, const Content& content, const std::string& id,
              const std::string& queue_id);

 private:
  /// What is to be counted in one step.
  struct Portion {
    std::uint64_t recipients = 0;
    std::array<std::uint64_t, rules::quota_scopes.size()>
        first_time_recipients{};  // by scope
    std::uint64_t octets = 0;
    std::vector<ports::Hit> marks;  // to be kept if it is granted
  };

  /// False when the store is unavailable.
  bool find_limits(const rules::SenderFacts& facts);
  /// Finds those to whom the sender has not written. False when the store is unavailable.
  bool look_for_first_times(Portion& portion, std::span<const std::string> recipients);
  std::optional<bool> is_a_repeat(const std::string& mark);
  /// The portion, and the message unless it is counted. False when the store is
  /// unavailable.
  bool count(Portion portion);
  std::uint64_t amount_of(const CountedLimit& limit, const Portion& portion) const;
  const std::string& subject_of(rules::QuotaScope scope) const;
  void add_marks();
  bool all_fit() const;
  std::vector<rules::QuotaFact> quotas() const;
  Deadline deadline() const;

  const Services& services_;
  std::optional<ports::Reservation> reservation_;  // none: nothing is counted here
  std::optional<ports::Reservation> free_pass_;    // of a message that comes again
  bool limits_are_found_ = false;
  std::vector<rules::AppliedPlan> plans_;
  std::vector<CountedLimit> limits_;
  std::vector<Warmup> warmups_;     // of those who have a plan
  std::optional<ports::Hit> lock_;  // of a login, where locks are possible
  bool is_locked_ = false;
  std::vector<ports::Hit> marks_;  // of what was granted
  bool message_is_counted_ = false;
  std::size_t recipients_counted_ = 0;
};

}  // namespace milterward
