// SPDX-License-Identifier: Apache-2.0
// Macros of SPF records (RFC 7208 section 7): text is parsed whole before anything of it is
// expanded, so that a syntax error at the end cannot hide behind an early match. Values
// come from a function, since %{p} costs DNS questions that only some texts need.
//
//   domain-spec    = macro-string domain-end
//   domain-end     = ( "." toplabel [ "." ] ) / macro-expand
//   explain-string = *( macro-string / SP )
//   macro-string   = *( macro-expand / macro-literal )
//   macro-expand   = ( "%{" macro-letter *DIGIT [ "r" ] *delimiter "}" ) / "%%" / "%_" /
//   "%-"
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::auth {

enum class MacroFault {
  bad_character,  // neither visible ASCII nor, in an explanation, a space
  bad_percent,    // % before something else than { % _ -
  bad_macro,      // unknown letter, misplaced transformer, missing brace
  zero_digits,    // %{d0}: section 7.3 wants a nonzero number
  only_in_exp,    // %{c}, %{r} and %{t} outside of an explanation's text
  bad_end,        // a domain-spec without a valid top label at its end
};
std::string_view to_text(MacroFault fault) noexcept;

struct MacroPart {
  char letter = '\0';        // in lower case; '\0': `text` stands for itself
  bool url_escaped = false;  // the letter was a capital
  bool reversed = false;
  std::size_t keep = 0;  // right-hand parts to keep, 0 for all
  std::string text;      // the literal, or the delimiters ("" for the dot)

  bool operator==(const MacroPart&) const = default;
};

struct MacroString {
  std::vector<MacroPart> parts;

  bool uses(char letter) const noexcept;
  /// %{s} or %{l}: what it names differs from sender to sender. RFC 8616 section 4.
  bool uses_local_part() const noexcept { return uses('s') || uses('l'); }

  bool operator==(const MacroString&) const = default;
};

/// What a, include, redirect and so on name; never empty.
Result<MacroString, MacroFault> parse_domain_spec(std::string_view text);
/// The value of a modifier nobody knows; may be empty.
Result<MacroString, MacroFault> parse_macro_string(std::string_view text);
/// The text found by exp=. RFC 7208 section 6.2.
Result<MacroString, MacroFault> parse_explain_string(std::string_view text);

/// The value of a macro letter (lower case), before transformers.
using MacroValues = std::function<std::string(char)>;

/// The target-name in lower case without final dot, cut from the left at labels to 253
/// octets (section 7.3). Only as much is expanded as can be kept. It may still be no name
/// that DNS can be asked for: see `is_dns_name`.
std::string expand_domain(const MacroString& macros, const MacroValues& values);

/// The text, cut after `limit` octets.
std::string expand_text(const MacroString& macros, const MacroValues& values,
                        std::size_t limit);

/// Labels of 1 to 63 octets, at most 253 together, nothing but ASCII without controls.
bool is_dns_name(std::string_view name) noexcept;

}  // namespace milterward::auth
