// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/authres/field.h"

#include <algorithm>

#include "policy/auth/authres/lexer.h"
#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::auth {
namespace {

constexpr std::size_t line_limit = 78;
constexpr std::size_t tab_width = 8;
constexpr std::size_t field_limit = 65536;  // no MTA hands more to a filter in one field

// A value of a stranger's is cut here: lines of more than 998 octets break in transport,
// and every octet may need a backslash.
constexpr std::size_t value_limit = 480;

constexpr bool is_above_ascii(char c) { return (c & 0x80) != 0; }

/// token of RFC 2045 section 5.1; UTF-8 is as good as ASCII (RFC 8601 section 2.2).
constexpr OctetSet token_octets{[](char c) {
  constexpr std::string_view specials = "()<>@,;:\\\"/[]?=";
  return is_above_ascii(c) ||
         (c > ' ' && c <= '~' && specials.find(c) == std::string_view::npos);
}};
constexpr OctetSet name_octets{[](char c) {
  return is_alnum(c) || c == '.' || c == '-' || c == '_' || is_above_ascii(c);
}};

bool is_token(std::string_view text) {
  return !text.empty() && is_all_of(text, token_octets);
}

bool is_domain_name(std::string_view text) {
  return !text.empty() && is_all_of(text, name_octets);
}

/// Keyword of RFC 5321 section 4.1.2; underscores besides, which some write.
bool is_keyword(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || c == '-' || c == '_';
  });
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

/// value = token / quoted-string
void append_value(std::string& out, std::string_view text, FieldText form) {
  const auto clean = field_text(text, form, value_limit);
  if (is_token(clean))
    out += clean;
  else
    append_quoted(out, clean);
}

/// pvalue = value / [ [ local-part ] "@" ] domain-name. An address keeps its "@" outside
/// quotes, as RFC 8601 section 2.2 demands; a local part that is no token is quoted, since
/// readers trip over "=" and "/".
void append_property_value(std::string& out, std::string_view text, FieldText form) {
  const auto clean = field_text(text, form, value_limit);
  const std::string_view whole = clean;
  const auto at = std::min(whole.rfind('@'), whole.size());
  const auto local = whole.substr(0, at);
  const bool is_address = at < whole.size() && is_domain_name(whole.substr(at + 1));
  if (is_token(whole) || (is_address && (local.empty() || is_token(local)))) {
    out += whole;
  } else if (is_address) {
    append_quoted(out, local);
    out += whole.substr(at);
  } else {
    append_quoted(out, whole);
  }
}

/// Half a name is another name, so that a cut must be seen.
std::string shortened(std::string_view text) {
  constexpr std::string_view mark = "...";
  if (text.size() <= line_limit) return printable(text, line_limit);
  return printable(text, line_limit - mark.size()).append(mark);
}

std::string comment_of(std::string_view text) {
  std::string comment = "(";
  for (const char c : shortened(text)) {
    if (c == '(' || c == ')' || c == '\\') comment += '\\';
    comment += c;
  }
  return comment + ')';
}

/// Writes words with a blank between them, or a fold where the line would become too long.
class FoldingWriter {
 public:
  explicit FoldingWriter(std::size_t column) : column_(column) {
    constexpr std::size_t usual_size = 512;
    value_.reserve(usual_size);
  }

  void word(std::string_view text) {
    if (column_ + 1 + text.size() > line_limit && !fresh_) return new_line(text);
    value_ += ' ';
    put(text, column_ + 1);
  }
  void new_line(std::string_view text) {
    value_ += "\r\n\t";
    put(text, tab_width);
  }
  void append(char c) {
    value_ += c;
    ++column_;
  }
  std::string take() { return std::move(value_); }

 private:
  void put(std::string_view text, std::size_t from) {
    value_ += text;
    column_ = from + text.size();
    fresh_ = false;
  }
  std::string value_;
  std::size_t column_;
  bool fresh_ = true;
};

Result<AuthresMethod, AuthresFault> parse_method(AuthresLexer& lexer) {
  AuthresMethod method;
  const auto bad_method = Unexpected{AuthresFault::bad_method};
  auto name = lexer.take_word("=;/");
  if (!name || !is_keyword(*name) || !lexer.skip_cfws()) return bad_method;
  method.method = to_lower(*name);
  if (lexer.take('/')) {
    if (!lexer.skip_cfws() || !lexer.take_word("=;") || !lexer.skip_cfws())
      return bad_method;
  }
  if (method.method == "none" && (lexer.at_end() || lexer.rest().front() == ';'))
    return method;
  if (!lexer.take('=') || !lexer.skip_cfws()) return bad_method;
  const auto result = lexer.take_word(";");
  if (!result || !is_keyword(*result)) return bad_method;
  method.result = to_lower(*result);

  for (;;) {
    const auto bad_property = Unexpected{AuthresFault::bad_property};
    if (!lexer.skip_cfws()) return bad_property;
    if (lexer.at_end() || lexer.rest().front() == ';') return method;
    const auto type = lexer.take_word(".=;");
    if (!type || !is_keyword(*type) || !lexer.skip_cfws()) return bad_property;
    std::string property;
    const bool is_reason = !lexer.take('.');
    if (!is_reason) {
      if (!lexer.skip_cfws()) return bad_property;
      const auto found = lexer.take_word("=;");
      if (!found || !is_keyword(*found) || !lexer.skip_cfws()) return bad_property;
      property = to_lower(*found);
    }
    if (!lexer.take('=') || !lexer.skip_cfws()) return bad_property;
    const auto value = lexer.take_word(";");
    if (!value) return bad_property;
    if (!is_reason)
      method.properties.push_back({to_lower(*type), property, *value});
    else if (equal_ignoring_case(*type, "reason"))
      method.reason = *value;
  }
}

}  // namespace

std::string print_authres(const AuthresField& field, AuthresForm form) {
  FoldingWriter out{authres_field_name.size() + 1};
  std::string word;
  append_value(word, field.authserv_id, form.text);
  out.word(word);
  if (field.methods.empty()) {
    out.append(';');
    out.word("none");
  }
  for (const auto& method : field.methods) {
    out.append(';');
    word.assign(method.method).append("=").append(method.result);
    out.new_line(word);
    if (!method.comment.empty() && form.comments == AuthresComments::shown)
      out.word(comment_of(method.comment));
    if (!method.reason.empty()) {
      word = "reason=";
      append_value(word, method.reason, form.text);
      out.word(word);
    }
    for (const auto& property : method.properties) {
      word.assign(property.type).append(".").append(property.name).append("=");
      append_property_value(word, property.value, form.text);
      out.word(word);
    }
  }
  return out.take();
}

Result<AuthresField, AuthresFault> parse_authres(std::string_view value) {
  if (value.size() > field_limit) return Unexpected{AuthresFault::too_long};
  AuthresLexer lexer{value};
  AuthresField field;
  if (!lexer.skip_cfws()) return Unexpected{AuthresFault::no_authserv_id};
  const auto id = lexer.take_word(";");
  if (!id || !lexer.skip_cfws()) return Unexpected{AuthresFault::no_authserv_id};
  field.authserv_id = *id;
  if (!lexer.at_end() && lexer.rest().front() != ';') {
    const auto version = lexer.take_word(";");
    if (!version || !std::ranges::all_of(*version, is_digit) || !lexer.skip_cfws())
      return Unexpected{AuthresFault::no_authserv_id};
  }
  while (lexer.take(';')) {
    if (!lexer.skip_cfws()) return Unexpected{AuthresFault::bad_method};
    if (lexer.at_end()) break;  // a trailing semicolon, as many write it
    auto method = parse_method(lexer);
    if (!method) return Unexpected{method.fault()};
    if (method->method != "none" || !method->result.empty())
      field.methods.push_back(std::move(method).value());
  }
  if (!lexer.at_end()) return Unexpected{AuthresFault::bad_method};
  return field;
}

std::string_view to_text(AuthresFault fault) noexcept {
  switch (fault) {
    case AuthresFault::too_long:
      return "field longer than 64 KB";
    case AuthresFault::no_authserv_id:
      return "no authserv-id";
    case AuthresFault::bad_method:
      return "malformed method or result";
    case AuthresFault::bad_property:
      return "malformed property";
  }
  unreachable();
}

}  // namespace milterward::auth
