// SPDX-License-Identifier: Apache-2.0
// What to do with a message whose recipients have different policies. An SMTP reply at its
// end is one for all, and so is a hold: they need the consent of everybody's policy.
// Otherwise the strictest action is taken that loses no one's mail: who would have refused
// it gets it marked, or has it redirected where a mailbox is named. Recipients that are
// exempt (postmaster, abuse) consent to a mark at most, so a liar who names one beside his
// victim gains a mark instead of a refusal; recipient.split takes that from him.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "policy/base/mode.h"
#include "policy/mail/address.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// The policy of recipients in exempt.recipients.
inline constexpr std::string_view exempt_policy = "exempt";

/// The policy a recipient comes under: "" for that of all, "exempt", or the first domain of
/// a row of [[recipient.policy]].
std::string policy_of(const Mailbox& recipient, const conf::Config& config);

const conf::InboundSettings& settings_of(std::string_view policy,
                                         const conf::Config& config);

/// The verdict of one policy.
struct Judged {
  std::string policy;
  Mode mode = Mode::monitor;
  Verdict verdict;
  const conf::InboundSettings* settings = nullptr;
};

/// By each policy that recipients of the message have, in their order.
std::vector<Judged> judge_inbound(const MessageFacts& facts, const conf::Config& config);

/// What they come to together. Policies in monitor mode have no say beside others.
Judged join(const std::vector<Judged>& judged);

}  // namespace milterward::rules
