// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/authres/authserv_id.h"

#include <string>

#include "policy/auth/authres/lexer.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"

namespace milterward::auth {
namespace {

bool is_name_octet(char c) {
  return is_alnum(c) || c == '.' || c == '-' || c == '_' || (c & 0x80) != 0;
}

bool is_same_name(std::string_view a, std::string_view b) {
  if (equal_ignoring_case(a, b)) return true;
  const auto left = Domain::parse(a);
  const auto right = Domain::parse(b);
  return left && right && *left == *right;
}

/// The name octets of `text` as one word a run, everything else as a gap.
bool names(std::string_view text, std::string_view id) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_name_octet(text[i])) continue;
    if (is_same_name(text.substr(begin, i - begin), id)) return true;
    begin = i + 1;
  }
  return false;
}

/// As readers see it that drop NUL, control and 8-bit characters.
std::string only_printable(std::string_view text) {
  std::string clean;
  for (const char c : text)
    if (is_fws(c) || (c >= ' ' && c <= '~')) clean += c;
  return clean;
}

bool claims(std::string_view value, std::string_view id) {
  std::string outside;  // up to the first ";", comments left out
  AuthresLexer lexer{value};
  for (;;) {
    if (!lexer.skip_cfws())
      return names(value, id);  // a comment without end hides anything
    if (lexer.at_end() || lexer.take(';')) break;
    const auto word = lexer.take_word(";");
    if (!word) return names(value, id);  // a quoted string without end
    outside += *word + ' ';
  }
  return names(outside, id);
}

}  // namespace

bool claims_authserv_id(std::string_view value, std::string_view id) {
  return claims(value, id) || claims(only_printable(value), id);
}

}  // namespace milterward::auth
