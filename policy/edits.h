// SPDX-License-Identifier: Apache-2.0
// Which header fields come and go. What only we may write is removed wherever it came from;
// removals run from the last occurrence to the first, because Postfix renumbers and
// Sendmail does not, and only that order means the same to both.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/header.h"
#include "policy/rules/verdict.h"

namespace milterward {

inline constexpr std::string_view verdict_header_name = "Milterward-Verdict";

/// Removals of all fields called `name` for which `is_unwanted` holds.
std::vector<rules::HeaderEdit> removals(
    const RawHeaders& headers, std::string_view name,
    const std::function<bool(const RawHeader&)>& is_unwanted);

/// An insertion above everything there is.
rules::HeaderEdit insertion(RawHeader field);

/// "Milterward-Verdict: quarantine; rule=dmarc.quarantine"
RawHeader verdict_field(Action action, std::string_view rule);

/// Puts `tag` before every Subject, and gives a message without one a Subject of its own.
/// Encoded words stay as they are; a Subject that begins with the tag already is left
/// alone.
std::vector<rules::HeaderEdit> subject_tags(const RawHeaders& headers,
                                            std::string_view tag);

}  // namespace milterward
