// SPDX-License-Identifier: Apache-2.0
// Is the header small enough to be examined? Sendmail takes 32 KB, Postfix any number of
// fields: ten megabytes of them would fill our memory, and taking out forged ones by the
// ten thousand keeps Postfix busy for minutes, since it looks for each from the start.
#pragma once

#include <cstddef>
#include <optional>

#include "policy/rules/facts.h"
#include "policy/rules/verdict.h"

namespace milterward::rules {

/// Mail that travelled far has some 200.
inline constexpr std::size_t header_field_limit = 2000;
/// Names and values; thousands of recipients in To and Cc stay far below.
inline constexpr std::size_t header_octet_limit = 1024 * 1024;

/// A refusal, or none. In force in every mode: such mail cannot be examined, and unexamined
/// it must not pass.
std::optional<Verdict> decide_header_size(const MessageFacts& facts);

}  // namespace milterward::rules
