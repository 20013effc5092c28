// SPDX-License-Identifier: Apache-2.0
// What to do with mail from outside: one table of findings, the strictest action wins, and
// among equals the finding that stands first (DMARC before DKIM before SPF). RFC 7372 gives
// the codes for SPF and DKIM, RFC 9989 section 7 asks that a DMARC refusal names DMARC.
#pragma once

#include <string>
#include <vector>

#include "conf/settings/inbound.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// One thing found about a message, and what the configuration makes of it.
struct Finding {
  std::string rule;  // "dmarc.reject"
  Action action = Action::accept;
  Reply reply;  // for defer and reject

  bool operator==(const Finding&) const = default;
};

/// Every finding that has a key, in the order of precedence; accepted ones included.
std::vector<Finding> findings_of(const MessageFacts& facts,
                                 const conf::InboundSettings& settings);

/// The verdict in force if inbound.mode is enforce. Mail that comes back is accepted: it
/// was judged when it entered.
Verdict decide_inbound(const MessageFacts& facts, const conf::InboundSettings& settings);

}  // namespace milterward::rules
