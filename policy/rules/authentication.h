// SPDX-License-Identifier: Apache-2.0
// What SPF, DKIM and the client's name lead to, each for itself. Codes by RFC 7372.
#pragma once

#include <optional>

#include "conf/settings/inbound.h"
#include "policy/rules/facts.h"
#include "policy/rules/finding.h"

namespace milterward::rules {

/// Of all signatures together: one that passes is enough, one that could not be checked
/// leaves the rest open.
std::optional<Finding> dkim_finding(const MessageFacts& facts,
                                    const conf::InboundSettings& settings);

/// Of the MAIL FROM identity. What is found about a client that is in spf.exempt, or that
/// nobody could name, leads to nothing.
std::optional<Finding> spf_finding(const MessageFacts& facts,
                                   const conf::InboundSettings& settings);
/// Of the HELO identity.
std::optional<Finding> spf_helo_finding(const MessageFacts& facts,
                                        const conf::InboundSettings& settings);

/// Does the name in HELO make sense? RFC 5321 sections 2.3.5 and 4.1.3.
std::optional<Finding> helo_finding(const MessageFacts& facts,
                                    const conf::InboundSettings& settings);

/// Does the client's address have a name that leads back to it? RFC 8601 section 3.
std::optional<Finding> iprev_finding(const MessageFacts& facts,
                                     const conf::InboundSettings& settings);

}  // namespace milterward::rules
