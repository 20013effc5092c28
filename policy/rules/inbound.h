// SPDX-License-Identifier: Apache-2.0
// What to do with mail from outside: every area of policy yields its finding, the strictest
// action wins, and among equals the finding that stands first (From before our own
// domain before DMARC before DKIM before SPF before the client's name before
// what it says in HELO before what lists say of it).
#pragma once

#include <vector>

#include "conf/settings/inbound.h"
#include "policy/rules/facts.h"
#include "policy/rules/finding.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// Every finding that has a key, in the order of precedence; accepted ones included. Those
/// about an exempt client are accepted, whatever the keys say.
std::vector<Finding> findings_of(const MessageFacts& facts,
                                 const conf::InboundSettings& settings);

/// The verdict in force if inbound.mode is enforce. Mail that comes back is accepted: it
/// was judged when it entered.
Verdict decide_inbound(const MessageFacts& facts, const conf::InboundSettings& settings);

}  // namespace milterward::rules
