// SPDX-License-Identifier: Apache-2.0
// May this client hand us mail for this recipient? RFC 5321 section 3.6.2. A second opinion
// that holds even where the MTA was configured as an open relay.
#pragma once

#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// May this client send at all on this listener? RFC 6409 section 4.3: 530 5.7.0.
Verdict decide_listener(const SenderFacts& facts);

/// The first line that applies decides. A domain on our list always wins; what the MTA says
/// of the next hop can only add: where it would deliver here what our list does not name,
/// the answer is 451 instead of 550, since one of the two configurations is wrong and mail
/// must not be lost for it.
Verdict decide_relay(const RecipientFacts& facts);

/// Did it find no list of domains, or one that contradicts the MTA?
bool is_doubtful(const Verdict& verdict) noexcept;

}  // namespace milterward::rules
