// SPDX-License-Identifier: Apache-2.0
// The lexical pieces of structured header fields: comments, folding white space, quoted
// strings, atoms. RFC 5322 section 3.2, with UTF-8 (RFC 6532). One pass, no recursion:
// nested comments are counted, so that hostile nesting costs neither stack nor time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace milterward {

/// ALPHA, DIGIT, "!#$%&'*+-/=?^_`{|}~" and any octet above ASCII.
bool is_atext(char c) noexcept;

class Scanner {
 public:
  /// Comments within comments; nobody writes more than two by hand.
  static constexpr int comment_depth_limit = 32;

  explicit Scanner(std::string_view text) noexcept : text_(text) {}

  bool at_end() const noexcept { return at_ == text_.size(); }
  /// The next character; NUL at the end.
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  bool is_next(char c) const noexcept { return !at_end() && text_[at_] == c; }
  /// Steps over `c` if it comes next.
  bool take(char c) noexcept;

  /// Steps over comments and folding white space. False, and no further reading makes
  /// sense, at a comment without end or nested too deep, a NUL, and a line end that is no
  /// fold.
  [[nodiscard]] bool skip_cfws() noexcept;
  /// Steps over folding white space alone; false at a line end that is no fold.
  [[nodiscard]] bool skip_fws() noexcept;
  /// A quoted string that begins here, without its quotes, quoting backslashes and line
  /// ends; none when it has no end or holds a NUL.
  std::optional<std::string> quoted_string();
  /// The content of a comment that begins here, nested ones as they stand, without quoting
  /// backslashes; none as for skip_cfws().
  std::optional<std::string> comment();
  /// The longest run of atext here; may be empty.
  std::string_view atom() noexcept;

  std::string_view rest() const noexcept { return text_.substr(at_); }
  void skip(std::size_t octets) noexcept { at_ += octets; }

 private:
  bool skip_line_end() noexcept;
  bool skip_comment(std::string* content);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace milterward
