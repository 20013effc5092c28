// SPDX-License-Identifier: Apache-2.0
// A draft as the text of milterward.toml: sections and keys in the order of the manual,
// above each a comment that says where it came from. The key table tells how a value is
// written. Written by hand rather than by toml++, which keeps no comments; each value goes
// through toml_text(), and the loader reads the result before anybody sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/import/draft.h"

namespace milterward::importing {

/// `head` becomes comment lines on top.
std::string to_toml(const Draft& draft, std::string_view head);

/// A basic string of TOML in its quotes.
std::string toml_text(std::string_view text);

/// Why our loader would not take `text` as the value of `key`, or as an item of it; nothing
/// where it would. For keys that occur once, and those of
/// [[sign.key]].
std::optional<std::string> refusal_of(const std::string& key, const std::string& text);

/// The same of a whole draft.
std::optional<std::string> refusal_of(const Draft& draft);

}  // namespace milterward::importing
