// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/authres/lexer.h"

#include "policy/base/ascii.h"

namespace milterward::auth {

bool AuthresLexer::skip_cfws() {
  int depth = 0;
  while (!rest_.empty()) {
    const char c = rest_.front();
    if (c == '(') {
      if (++depth > comment_depth_limit) return false;
    } else if (depth > 0 && c == ')') {
      --depth;
    } else if (depth > 0 && c == '\\' && rest_.size() > 1) {
      rest_.remove_prefix(1);
    } else if (depth == 0 && !is_fws(c)) {
      return true;
    }
    rest_.remove_prefix(1);
  }
  return depth == 0;
}

bool AuthresLexer::take(char c) {
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

std::optional<std::string> AuthresLexer::take_word(std::string_view stops) {
  if (!rest_.empty() && rest_.front() == '"') {
    auto quoted = take_quoted();
    if (!quoted || rest_.empty() || rest_.front() != '@') return quoted;
    // A quoted local part goes on behind its quotes.
    const auto tail = take_word(stops);
    return tail ? std::optional{*quoted + *tail} : std::nullopt;
  }
  std::string word;
  while (!rest_.empty() && !is_fws(rest_.front()) && rest_.front() != '(' &&
         stops.find(rest_.front()) == std::string_view::npos) {
    word += rest_.front();
    rest_.remove_prefix(1);
  }
  return word.empty() ? std::nullopt : std::optional{word};
}

std::optional<std::string> AuthresLexer::take_quoted() {
  std::string text;
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    if (rest_[i] == '"') {
      rest_.remove_prefix(i + 1);
      return text;
    }
    if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
    if (rest_[i] != '\r' && rest_[i] != '\n') text += rest_[i];
  }
  return std::nullopt;
}

}  // namespace milterward::auth
