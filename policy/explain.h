// SPDX-License-Identifier: Apache-2.0
// Decides facts again: the stanzas that log.facts wrote, or that a postmaster wrote by
// hand.
//
// A stanza is a list of `key: value` lines up to a blank line; a line that begins with
// white space continues the one above it.
//   name:      free text              kind:  sender | recipient | message
//   facts:     rules/facts_text.h     want:  the verdict that was given, optional
//   dmarc:     what became of mail that fails DMARC, and why (RFC 9990), optional
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "policy/base/mode.h"
#include "policy/base/result.h"
#include "policy/decide.h"
#include "policy/rules/audience.h"
#include "policy/rules/inbound.h"
#include "policy/rules/verdict.h"

namespace milterward {

struct Explanation {
  int line = 0;  // of the stanza
  std::string name;
  std::string facts;      // as read, written again
  std::string direction;  // with its rule; "" for a recipient
  std::vector<rules::Finding>
      findings;                       // of inbound mail, as the verdict's policy has them
  std::vector<rules::Judged> judged;  // by each policy of its recipients
  rules::Verdict verdict;
  Mode mode = Mode::enforce;                 // in monitor the verdict is only logged
  std::optional<rules::DmarcOutcome> dmarc;  // of inbound mail that fails
  std::string want;                          // as noted in the stanza, "" when it was not
  std::string want_dmarc;                    // the same for `dmarc`
  /// What is noted says something else.
  bool differs() const;
};

struct ExplainFault {
  int line = 0;
  std::string reason;
};

Result<std::vector<Explanation>, ExplainFault> explain_facts(std::string_view text,
                                                             const conf::Config& config);

/// The stanza of one decision, ending with a blank line.
std::string facts_stanza(std::string_view name, const rules::RecipientFacts& facts,
                         const Decision& decision);
std::string facts_stanza(std::string_view name, const rules::MessageFacts& facts,
                         const Decision& decision);

}  // namespace milterward
