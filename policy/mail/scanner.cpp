// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/scanner.h"

#include "policy/base/ascii.h"

namespace milterward {

bool is_atext(char c) noexcept {
  static constexpr OctetSet marks{"!#$%&'*+-/=?^_`{|}~"};
  return is_alnum(c) || (c & 0x80) != 0 || marks.contains(c);
}

bool Scanner::take(char c) noexcept {
  if (!is_next(c)) return false;
  ++at_;
  return true;
}

/// CRLF or, as filters see it, LF; before white space or at the very end.
bool Scanner::skip_line_end() noexcept {
  if (peek() == '\r') ++at_;
  if (!take('\n')) return false;
  return at_end() || is_wsp(peek());
}

bool Scanner::skip_fws() noexcept {
  while (!at_end()) {
    if (is_wsp(peek()))
      ++at_;
    else if (peek() != '\r' && peek() != '\n')
      return true;
    else if (!skip_line_end())
      return false;
  }
  return true;
}

bool Scanner::skip_comment(std::string* content) {
  int depth = 0;
  do {
    if (at_end()) return false;
    const char c = text_[at_];
    bool belongs = true;
    if (c == '\r' || c == '\n') {
      if (!skip_line_end()) return false;
      continue;
    }
    if (c == '\0') return false;
    ++at_;
    if (c == '(') {
      belongs = depth > 0;
      if (++depth > comment_depth_limit) return false;
    } else if (c == ')') {
      belongs = --depth > 0;
    } else if (c == '\\') {
      if (at_end() || peek() == '\0' || peek() == '\r' || peek() == '\n') return false;
      if (content) *content += peek();
      ++at_;
      continue;
    }
    if (content && belongs) *content += c;
  } while (depth > 0);
  return true;
}

bool Scanner::skip_cfws() noexcept {
  for (;;) {
    if (!skip_fws()) return false;
    if (!is_next('(')) return true;
    if (!skip_comment(nullptr)) return false;
  }
}

std::optional<std::string> Scanner::comment() {
  std::string content;
  if (!is_next('(') || !skip_comment(&content)) return std::nullopt;
  return content;
}

std::optional<std::string> Scanner::quoted_string() {
  if (!take('"')) return std::nullopt;
  std::string content;
  while (!at_end()) {
    if (take('"')) return content;
    if (peek() == '\r' || peek() == '\n') {
      if (!skip_line_end()) return std::nullopt;
      continue;
    }
    if (take('\\') && (at_end() || peek() == '\r' || peek() == '\n')) return std::nullopt;
    if (peek() == '\0') return std::nullopt;
    content += text_[at_++];
  }
  return std::nullopt;
}

std::string_view Scanner::atom() noexcept {
  const std::size_t begin = at_;
  while (!at_end() && is_atext(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

}  // namespace milterward
