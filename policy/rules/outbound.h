// SPDX-License-Identifier: Apache-2.0
// What to do with mail of ours: sign it, or say why not. What a missing key does to the
// mail is the postmaster's rule (sign.on_missing_key), never an accident.
#pragma once

#include "conf/settings/sign.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// The verdict about a submission or local mail; in force in every mode, since it guards
/// our name. Rule "sign.signed" is the only one after which signatures are made, besides
/// "sign.key_unusable" with the action accept, after which the keys that do work sign.
Verdict decide_outbound(const MessageFacts& facts, const conf::SignSettings& settings);

/// Whether signatures are to be made after that verdict.
bool is_to_be_signed(const Verdict& verdict) noexcept;

}  // namespace milterward::rules
