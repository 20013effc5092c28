// SPDX-License-Identifier: Apache-2.0
// Has this sender room for this mail? Which plans apply to whom, and what becomes of mail
// that passes a limit. The counting was done while examining; here counts are read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/settings/quota.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// A plan and whom it counts.
struct AppliedPlan {
  QuotaScope scope;
  std::string subject;  // "joe@example.org", "example.org", "192.0.2.1", "2001:db8::/64"
  const conf::QuotaPlan* plan;
  std::string plan_name = {};  // of an account's class
};

/// At most one of each scope. A domain is that of a login written as an address, else of
/// MAIL FROM, and only for mail of ours. A client is an IPv4 address or an IPv6 network of
/// 64 bits, which is what one customer gets (RFC 6177); hosts in relay.upstream are none,
/// since behind them are many. Mail that did not come by SMTP counts for 127.0.0.1. An
/// egress is the address of ours by which mail of ours leaves, as the configuration has it.
///
std::vector<AppliedPlan> plans_for(const SenderFacts& facts,
                                   const conf::QuotaSettings& settings);

/// A lock is a postmaster's word: it is meant in every mode.
std::optional<Verdict> decide_lock(const SenderFacts& sender, bool account_is_locked);

/// What of the quotas a verdict rests on.
struct QuotaFindings {
  const std::vector<QuotaFact>& facts;
  bool store_is_unavailable = false;
};

/// A refusal of a recipient, or none. What is to be held is not refused here.
std::optional<Verdict> decide_quota_at_rcpt(const SenderFacts& sender,
                                            const QuotaFindings& found,
                                            const conf::QuotaSettings& settings);

/// A refusal of a message, or a hold, or none. Of several limits passed the strictest
/// action wins, and among equals the first.
std::optional<Verdict> decide_quota(const SenderFacts& sender, const QuotaFindings& found,
                                    const conf::QuotaSettings& settings);

/// "quota.account.messages_per_day"
std::string rule_of(const QuotaFact& fact);

}  // namespace milterward::rules
