// SPDX-License-Identifier: Apache-2.0
// Characters as the mail standards mean them: ASCII, whatever the process's locale says.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace milterward {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alnum(char c) noexcept { return is_digit(c) || is_alpha(c); }
/// WSP of RFC 5234: space or tab.
constexpr bool is_wsp(char c) noexcept { return c == ' ' || c == '\t'; }
/// WSP, CR or LF: what folding white space is made of.
constexpr bool is_fws(char c) noexcept { return is_wsp(c) || c == '\r' || c == '\n'; }
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A set of octets, looked up in a table: for what is asked of every octet of a text.
class OctetSet {
 public:
  constexpr explicit OctetSet(std::string_view octets) {
    for (const char c : octets) members_[static_cast<unsigned char>(c)] = true;
  }
  /// Those of which `is_member` is true.
  template <class IsMember>
  requires std::predicate<IsMember, char>
  constexpr explicit OctetSet(IsMember is_member) {
    for (std::size_t octet = 0; octet < members_.size(); ++octet)
      members_[octet] = is_member(static_cast<char>(octet));
  }
  constexpr bool contains(char c) const noexcept {
    return members_[static_cast<unsigned char>(c)];
  }

 private:
  std::array<bool, 256> members_{};
};

inline bool is_all_of(std::string_view text, const OctetSet& set) noexcept {
  for (const char c : text)
    if (!set.contains(c)) return false;
  return true;
}

std::string to_lower(std::string_view text);
/// Most comparisons end with the sizes: names of fields are looked for in lists of them.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}
bool less_ignoring_case(std::string_view a, std::string_view b) noexcept;
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept;
bool ends_with_ignoring_case(std::string_view text, std::string_view suffix) noexcept;

/// Without leading and trailing FWS characters.
std::string_view trim(std::string_view text) noexcept;

/// The parts between separators, empty ones included: "a,,b" has three.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Printable ASCII only: anything else becomes `?`, and the text ends after `limit` octets.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace milterward
