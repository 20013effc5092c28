// SPDX-License-Identifier: Apache-2.0
// May one more recipient join the message? Their addresses are kept until its end, so their
// number has a limit; and where recipient.split says so, all of a message have one policy.
// The client sends the rest in a message of its own (RFC 5321 section 4.5.3.1.10).
#pragma once

#include <cstddef>
#include <optional>

#include "conf/config.h"
#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// RFC 5321 section 4.5.3.1.8 asks for 100 at least; Postfix takes as many. Each costs an
/// answer of ours: with a few thousand a message would be more than fifty times the work of
/// an ordinary one (tests/bench/worst).
inline constexpr std::size_t recipient_limit = 1'000;

/// A deferral, or none. In force in every mode: what we cannot keep we cannot deliver, and
/// a split is only asked for where one of the two policies is meant.
std::optional<Verdict> decide_one_more(const RecipientFacts& facts,
                                       const conf::Config& config);

}  // namespace milterward::rules
