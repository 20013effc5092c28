// SPDX-License-Identifier: Apache-2.0
// What a DMARC result leads to. RFC 9989 section 7.4 forbids to refuse for p=reject alone:
// lists and forwarders make honest mail fail. So a refusal wants a second finding that has
// nothing to do with what those break; without one, p=reject counts as p=quarantine. In
// mitigation counts only what a stranger cannot write into a message: hosts, authenticated
// domains and sealers that the configuration names. A List-Id buys nothing.
#pragma once

#include <optional>
#include <string>

#include "conf/settings/inbound.h"
#include "policy/auth/dmarc/record.h"
#include "policy/rules/facts.h"
#include "policy/rules/finding.h"

namespace milterward::rules {

/// None where there is nothing to act upon: no record, or a pass.
std::optional<Finding> dmarc_finding(const MessageFacts& facts,
                                     const conf::InboundSettings& settings);

/// What became of a message that fails, as its author domain may be told it. RFC 9990.
struct DmarcOutcome {
  auth::DmarcPolicy disposition = auth::DmarcPolicy::none;
  /// Why the disposition is not the published policy; none: it is.
  std::optional<conf::OverrideReason> reason;
  std::string comment;

  bool operator==(const DmarcOutcome&) const = default;
};

/// None where DMARC did not fail. `effective` is the action that was taken.
std::optional<DmarcOutcome> dmarc_outcome(const MessageFacts& facts,
                                          const conf::InboundSettings& settings,
                                          Action effective);

/// "quarantine local_policy: nothing else speaks against the message"
std::string to_text(const DmarcOutcome& outcome);

}  // namespace milterward::rules
