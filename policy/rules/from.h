// SPDX-License-Identifier: Apache-2.0
// Is it clear who wrote the message? RFC 5322 section 3.6 wants one From field; DMARC wants
// one author domain in it and leaves the rest to us (RFC 9989 sections 5.3.1 and 11.5). A
// message that cannot be evaluated must not pass for one that need not be.
#pragma once

#include <optional>

#include "conf/settings/inbound.h"
#include "policy/rules/facts.h"
#include "policy/rules/finding.h"

namespace milterward::rules {

/// None for a From field with one author domain.
std::optional<Finding> from_finding(const MessageFacts& facts,
                                    const conf::InboundSettings& settings);

/// A From field that breaks the grammar of RFC 5322, though its domains are clear.
std::optional<Finding> irregular_from_finding(const MessageFacts& facts,
                                              const conf::InboundSettings& settings);

/// A domain of ours as author, from a stranger who proved nothing of it. Where a check did
/// not finish that may yet prove it, the stranger is to try again.
std::optional<Finding> our_domain_finding(const MessageFacts& facts,
                                          const conf::InboundSettings& settings);

}  // namespace milterward::rules
