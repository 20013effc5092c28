// SPDX-License-Identifier: Apache-2.0
// Tokens of a structured field as Authentication-Results uses them: tokens, quoted strings,
// comments. RFC 2045 section 5.1, RFC 5322 section 3.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace milterward::auth {

/// Deeper nesting is an attack on readers that recurse, not mail.
inline constexpr int comment_depth_limit = 64;

class AuthresLexer {
 public:
  explicit AuthresLexer(std::string_view text) : rest_(text) {}

  /// Skips white space and comments. False: a comment does not end or nests too deep.
  bool skip_cfws();
  /// Consumes `c` if it is next.
  bool take(char c);
  /// A quoted string without quotes and backslashes, or a run of octets up to white space
  /// or one of `stops`; none when there is neither.
  std::optional<std::string> take_word(std::string_view stops);

  bool at_end() const noexcept { return rest_.empty(); }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::optional<std::string> take_quoted();
  std::string_view rest_;
};

}  // namespace milterward::auth
