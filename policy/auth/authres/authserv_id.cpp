// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/authres/authserv_id.h"

#include <algorithm>
#include <optional>
#include <string>

#include "policy/auth/authres/lexer.h"
#include "policy/base/ascii.h"
#include "policy/mail/domain.h"

namespace milterward::auth {
namespace {

// Octets in front of the first ";", comments left out. A host name has 253; who writes
// more wants to tire or mislead a reader, and that is claim enough.
constexpr std::size_t id_limit = 4096;
// Words there that are worth a conversion; an honest field has one, and each takes a
// thousand times as long as a comparison.
constexpr std::size_t converted_limit = 16;

bool is_name_octet(char c) {
  return is_alnum(c) || c == '.' || c == '-' || c == '_' || (c & 0x80) != 0;
}

/// The id looked for; `domain` is none where it is no domain name.
struct WantedId {
  std::string_view text;
  std::optional<Domain> domain;
};

bool is_same_name(std::string_view word, const WantedId& id) {
  return equal_ignoring_case(word, id.text) ||
         (id.domain && equal_ignoring_case(word, id.domain->name()));
}

/// Only words that a domain name can spell otherwise are worth the conversion.
bool may_be_spelled_otherwise(std::string_view word) {
  return word.ends_with('.') ||
         std::ranges::any_of(word, [](char c) { return (c & 0x80) != 0; });
}

bool is_same_domain(std::string_view word, const Domain& wanted) {
  const auto domain = Domain::parse(word);
  return domain && *domain == wanted;
}

/// The name octets of `text` as one word a run, everything else as a gap; for an id of
/// other octets, anywhere.
bool names(std::string_view text, const WantedId& id) {
  if (text.size() > id_limit) return true;
  if (!std::ranges::all_of(id.text, is_name_octet))
    return to_lower(text).find(to_lower(id.text)) != std::string::npos;
  std::size_t begin = 0;
  std::size_t converted = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_name_octet(text[i])) continue;
    const auto word = text.substr(begin, i - begin);
    if (is_same_name(word, id)) return true;
    if (id.domain && may_be_spelled_otherwise(word) &&
        (++converted > converted_limit || is_same_domain(word, *id.domain)))
      return true;
    begin = i + 1;
  }
  return false;
}

/// Some readers decode encoded words (RFC 2047) before they take the field apart, wherever
/// these stand; nobody needs one in front of the first ";".
bool may_be_decoded(std::string_view text) {
  return text.find("=?") != std::string_view::npos;
}

/// As readers see it that undo quoted pairs outside quotes too.
std::string without_backslashes(std::string_view text) {
  std::string clean{text};
  std::erase(clean, '\\');
  return clean;
}

/// As readers see it that drop NUL, control and 8-bit characters.
std::string only_printable(std::string_view text) {
  std::string clean;
  for (const char c : text)
    if (is_fws(c) || (c >= ' ' && c <= '~')) clean += c;
  return clean;
}

bool claims(std::string_view value, const WantedId& id) {
  // All words up to the first ";", comments left out: apart, as they are meant, and
  // together, as readers see them that drop folds, blanks and comments first.
  std::string apart;
  std::string together;
  AuthresLexer lexer{value};
  for (;;) {
    if (!lexer.skip_cfws())  // a comment without end hides anything
      return names(value, id) || may_be_decoded(value);
    if (lexer.at_end()) break;
    if (lexer.take(';')) {
      if (apart.empty()) continue;  // an empty id: somebody may skip it
      break;
    }
    const auto word = lexer.take_word(";");
    if (!word)  // a quoted string without end
      return names(value, id) || may_be_decoded(value);
    apart += *word + ' ';
    together += *word;
    if (apart.size() > id_limit) return true;
  }
  if (may_be_decoded(value.substr(0, value.size() - lexer.rest().size()))) return true;
  return names(apart, id) || names(together, id);
}

}  // namespace

bool claims_authserv_id(std::string_view value, std::string_view id) {
  WantedId wanted{id, std::nullopt};
  if (auto domain = Domain::parse(id)) wanted.domain = std::move(*domain);
  return claims(value, wanted) || claims(only_printable(value), wanted) ||
         claims(without_backslashes(value), wanted);
}

}  // namespace milterward::auth
