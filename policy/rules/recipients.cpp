// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/recipients.h"

#include "policy/rules/audience.h"
#include "policy/rules/direction.h"

namespace milterward::rules {
namespace {

bool is_to_be_split(const RecipientFacts& facts, const conf::Config& config) {
  if (!config.recipient.split || facts.recipients_before == 0 ||
      facts.recipient_policy == facts.message_policy ||
      decide_direction(facts).direction != Direction::inbound)
    return false;
  return settings_of(facts.recipient_policy, config).mode == Mode::enforce ||
         settings_of(facts.message_policy, config).mode == Mode::enforce;
}

}  // namespace

std::optional<Verdict> decide_one_more(const RecipientFacts& facts,
                                       const conf::Config& config) {
  if (facts.next_hop == NextHop::refused) return std::nullopt;
  if (facts.recipients_before >= recipient_limit)
    return Verdict::defer("recipient.too_many", {452, "4.5.3", "Too many recipients"});
  if (is_to_be_split(facts, config))
    return Verdict::defer(
        "recipient.other_policy",
        {452, "4.5.3", "Too many recipients: send to this one separately"});
  return std::nullopt;
}

}  // namespace milterward::rules
