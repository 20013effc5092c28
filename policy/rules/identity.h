// SPDX-License-Identifier: Apache-2.0
// May who sends write as this address? RFC 6409 section 6.1. A login that can put any name
// into From is what a thief of passwords and a colleague with a grudge both need. Found
// mismatches are told in every mode; what becomes of the mail is the mode of its group.
#pragma once

#include <optional>
#include <string>

#include "conf/settings/identity.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// The mode for who sends: of the group of its class, else of logins or of mail without
/// one. Strangers and upstream hosts claim nothing: off.
conf::IdentityMode identity_mode(const SenderFacts& facts,
                                 const conf::IdentitySettings& settings);

/// What mode "reject" makes of MAIL FROM; none when it may stand.
std::optional<Verdict> decide_sender_identity(const SenderFacts& facts);
/// The address that is somebody else's, as it was claimed; "" when a field names nobody.
const std::string& wrongly_claimed(const MessageFacts& facts) noexcept;

/// What mode "reject" makes of MAIL FROM, From and Sender; none when all may stand.
std::optional<Verdict> decide_identity(const MessageFacts& facts);

}  // namespace milterward::rules
