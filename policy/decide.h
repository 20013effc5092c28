// SPDX-License-Identifier: Apache-2.0
// From facts to a verdict under one configuration: which rules are asked, in which order,
// and whether their answer is acted upon. The daemon and `milterward explain` both decide
// here.
#pragma once

#include <optional>
#include <vector>

#include "conf/config.h"
#include "policy/base/mode.h"
#include "policy/rules/direction.h"
#include "policy/rules/dmarc.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward {

struct Decision {
  rules::Verdict verdict;
  Mode mode = Mode::enforce;  // of the area the verdict belongs to
  rules::DirectionDecision direction;
  std::optional<rules::DmarcOutcome> dmarc = {};  // of inbound mail that fails
  bool sign = false;  // signatures of ours are to be made, whatever holds the message up
  /// The rule that found an address of somebody else's, whatever came of it; "" for none.
  std::string mismatch = {};
  /// Of mail that leaves: what receivers may hold against it.
  std::vector<rules::PreflightFact> preflight = {};
  bool is_bulk = false;
  conf::IdentityMode identity = conf::IdentityMode::off;

  /// What the MTA is to hear: in monitor mode everything proceeds, the rule keeps its name.
  rules::Verdict effective() const;
  bool refuses() const noexcept { return mode == Mode::enforce && verdict.refuses(); }
  /// The action that monitor mode held back, or "" for none.
  std::string_view held_back() const;
};

/// May this client send on this listener, and as this sender? At MAIL. Modes: relay.mode,
/// and that of the sender's group in [identity].
Decision decide(const rules::SenderFacts& facts, const conf::Config& config);
/// May it send to this recipient, and as much? At RCPT. Mode: relay.mode, quota.mode; our
/// own limits are always meant.
Decision decide(const rules::RecipientFacts& facts, const conf::Config& config);
/// What becomes of the message? At its end. Modes: inbound.mode for inbound mail,
/// quota.mode for its sender's quotas; what concerns our own name (signing) or the size of
/// a header is always meant, and whom a submitter may write as is ruled by its group in
/// [identity].
Decision decide(const rules::MessageFacts& facts, const conf::Config& config);

}  // namespace milterward
