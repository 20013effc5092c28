// SPDX-License-Identifier: Apache-2.0
// What lists in DNS say of a client, weighed. Every row of [[dnsbl.list]] counts once,
// against the client or for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/settings/inbound.h"
#include "policy/rules/facts.h"
#include "policy/rules/finding.h"

namespace milterward::rules {

struct Reputation {
  long score = 0;
  /// What it would be if every list of kind allow that did not answer spoke for the client.
  long least = 0;
  std::vector<std::string> blocking;  // the lists that speak against it, each once

  bool operator==(const Reputation&) const = default;
};

Reputation reputation_of(const MessageFacts& facts, const conf::DnsblSettings& settings);

/// Is the client listed beyond doubt: also if lists of allowed clients that did not answer
/// spoke for it?
bool is_listed(const MessageFacts& facts, const conf::DnsblSettings& settings);

/// What is in doubt never refuses for good.
std::optional<Finding> dnsbl_finding(const MessageFacts& facts,
                                     const conf::InboundSettings& settings);

}  // namespace milterward::rules
