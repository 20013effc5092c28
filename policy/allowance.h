// SPDX-License-Identifier: Apache-2.0
// What one message takes from the quotas of its sender: reserved from the first recipient
// on, kept when the message is accepted, else given back. Nothing here decides anything.
//
// Mail without a login from trusted hosts is counted at its end only: it may be a message
// that has passed before, which the header alone tells, and which counts once.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "policy/ports/counters.h"
#include "policy/rules/facts.h"
#include "policy/rules/quota.h"
#include "policy/services.h"

namespace milterward {

class Allowance {
 public:
  explicit Allowance(const Services& services);

  /// One more recipient. Waits for the store, at most store.timeout.
  void take(rules::RecipientFacts& facts);
  /// The end of the message: what recipients did not take. Waits likewise.
  void take(rules::MessageFacts& facts);
  /// Of a message that is accepted. False: the store did not keep the counts in time, and
  /// `facts` say so. Waits likewise.
  bool commit(rules::MessageFacts& facts, const std::string& id,
              const std::string& queue_id);

 private:
  /// A limit that applies, with its counter.
  struct Applied {
    rules::QuotaFact fact;
    ports::Hit hit;
    std::uint64_t warn_from = std::numeric_limits<std::uint64_t>::max();
    bool is_past_warning = false;  // with what was granted to this message
    bool is_past_limit = false;    // likewise, in monitor mode

    void note(const ports::Count& count, bool is_granted);
  };

  void find_limits(const rules::SenderFacts& facts);
  /// So many recipients, and the message unless it is counted. False when the store is
  /// unavailable.
  bool count(std::size_t recipients);
  std::vector<rules::QuotaFact> quotas() const;
  Deadline deadline() const;

  const Services& services_;
  std::optional<ports::Reservation> reservation_;  // none: nothing is counted here
  bool limits_are_found_ = false;
  std::vector<Applied> limits_;
  bool message_is_counted_ = false;
  std::size_t recipients_counted_ = 0;
};

}  // namespace milterward
