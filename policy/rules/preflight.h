// SPDX-License-Identifier: Apache-2.0
// Would receivers take this message of ours, and if not, is it to leave? RFC 5322 (what
// every message must be), RFC 8058 (one-click unsubscription), and what the large receivers
// ask of who sends to them, more of those who send in bulk.
#pragma once

#include <optional>

#include "conf/settings/preflight.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// What the configuration makes of a finding.
conf::OnPreflight action_for(Preflight kind, const conf::PreflightActions& on) noexcept;

/// Is it one message of many, by its sender's class, its own header, its recipients, or
/// what its account or domain has sent today? The counts are the quotas' of a day.
bool is_bulk(const MessageFacts& facts, const conf::PreflightSettings& settings);

/// Findings about mail of any kind stand in the facts; of those about bulk, only the ones
/// that concern this message are told.
std::vector<PreflightFact> findings_of(const MessageFacts& facts,
                                       const conf::PreflightSettings& settings);

/// The strictest that a finding leads to; none when nothing was found, or nothing comes of
/// it.
std::optional<Verdict> decide_preflight(const MessageFacts& facts,
                                        const conf::PreflightSettings& settings);

}  // namespace milterward::rules
