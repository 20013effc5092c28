// SPDX-License-Identifier: Apache-2.0
// Facts as text and back: blank-separated tokens, `name` for a flag that is set,
// `name=value` otherwise. A member that has its default value is left out; a list repeats
// its name. A value with blanks, quotes, backslashes, control characters or nothing at all
// stands in double quotes, with
// \" \\ \n \r \t and \xHH inside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/base/result.h"
#include "policy/rules/facts.h"

namespace milterward::rules {

struct FactsFault {
  std::string reason;  // names the token
};

std::string to_text(const SenderFacts& facts);
std::string to_text(const RecipientFacts& facts);
std::string to_text(const MessageFacts& facts);

/// The facts of a sender, a recipient or a message; text that is not facts is a fault that
/// names the token.
Result<SenderFacts, FactsFault> parse_sender_facts(std::string_view text);
Result<RecipientFacts, FactsFault> parse_recipient_facts(std::string_view text);
Result<MessageFacts, FactsFault> parse_message_facts(std::string_view text);

std::string_view to_text(NextHop hop) noexcept;
std::string_view to_text(FromState state) noexcept;
std::string_view to_text(Claim claim) noexcept;
std::string_view to_text(Returned returned) noexcept;
std::string_view to_text(SigningState state) noexcept;
std::string_view to_text(Preflight kind) noexcept;        // preflight.cpp
std::string_view to_text(Unsubscription state) noexcept;  // likewise

}  // namespace milterward::rules
