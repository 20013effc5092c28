// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/recipients.h"

namespace milterward::rules {

std::optional<Verdict> decide_one_more(const RecipientFacts& facts) {
  if (facts.recipients_before < recipient_limit) return std::nullopt;
  return Verdict::defer("recipient.too_many", {452, "4.5.3", "Too many recipients"});
}

}  // namespace milterward::rules
