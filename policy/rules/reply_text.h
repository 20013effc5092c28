// SPDX-License-Identifier: Apache-2.0
// The reply of a verdict in the postmaster's words. Code and enhanced status stay: programs
// read those (RFC 7372), people read the text. Names from the network go in as printable
// ASCII, domains as A-labels, so that a reply stays one line and says which domain it
// means.
#pragma once

#include <vector>

#include "conf/settings/reply.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// The verdict with the text of the first row for its rule. {NAME} stands for what is known
/// under that name (policy/base/reply_rules.h), "unknown" where nothing is; {{ for a brace.
Verdict worded(Verdict verdict, const RecipientFacts& facts,
               const std::vector<conf::ReplyText>& texts);
Verdict worded(Verdict verdict, const SenderFacts& facts,
               const std::vector<conf::ReplyText>& texts);
Verdict worded(Verdict verdict, const MessageFacts& facts,
               const std::vector<conf::ReplyText>& texts);

}  // namespace milterward::rules
