// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/redaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "policy/base/ascii.h"
#include "policy/mail/author.h"
#include "policy/mail/encoded_word.h"
#include "policy/sign/pseudonym.h"

namespace milterward::reports {
namespace {

constexpr std::string_view hidden = "redacted";
constexpr std::size_t columns = 78;
/// RFC 5321 section 4.5.3.1.6 ends lines at 998.
constexpr std::size_t word_limit = 900;

constexpr auto shown_tags = std::to_array<std::string_view>(
    {"v", "a", "b", "bh", "c", "cv", "d", "h", "i", "l", "q", "s", "t", "x"});
constexpr auto address_fields =
    std::to_array<std::string_view>({"From",
                                     "Sender",
                                     "Reply-To",
                                     "To",
                                     "Cc",
                                     "Bcc",
                                     "Return-Path",
                                     "Errors-To",
                                     "Author",
                                     "Delivered-To",
                                     "Envelope-To",
                                     "X-Original-To",
                                     "X-Envelope-To",
                                     "Apparently-To",
                                     "X-Original-From",
                                     "X-Envelope-From",
                                     "Resent-From",
                                     "Resent-Sender",
                                     "Resent-To",
                                     "Resent-Cc",
                                     "Resent-Bcc",
                                     "Mail-Reply-To",
                                     "Mail-Followup-To",
                                     "Return-Receipt-To",
                                     "Disposition-Notification-To"});
constexpr auto identifier_fields = std::to_array<std::string_view>(
    {"Message-ID", "In-Reply-To", "References", "Resent-Message-ID", "Content-ID"});
/// "name=value; name=value", RFC 6376 section 3.2: an "=" there belongs to no address.
constexpr auto tag_list_fields = std::to_array<std::string_view>(
    {"DKIM-Signature", "ARC-Seal", "ARC-Message-Signature", "DomainKey-Signature"});

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](std::string_view one) { return equal_ignoring_case(one, name); });
}

bool is_local_character(char c) noexcept {
  static constexpr OctetSet ends{"<>()[],;:\"@"};
  return static_cast<unsigned char>(c) > ' ' && c != 0x7f && !ends.contains(c);
}
bool is_domain_character(char c) noexcept {
  return is_alnum(c) || c == '.' || c == '-' || c == '_';
}

std::string with_all_replaced(std::string_view text, std::string_view from,
                              std::string_view to) {
  std::string replaced;
  for (;;) {
    const auto at = text.find(from);
    replaced += text.substr(0, at);
    if (at == std::string_view::npos) return replaced;
    replaced += to;
    text.remove_prefix(at + from.size());
  }
}

/// "@" in the ways that somebody may read it: itself, escaped, full width (U+FF20), UTF-7.
bool may_hold_address(std::string_view text) {
  return std::ranges::any_of(
      std::to_array<std::string_view>({"@", "%40", "\xef\xbc\xa0", "+AEA"}),
      [&](std::string_view one) { return text.find(one) != std::string_view::npos; });
}

/// UTF-7 has several ways to write each character, by whatever name it goes ("csUTF7").
bool is_utf7(std::string_view charset) {
  return charset.find("utf-7") != std::string_view::npos ||
         charset.find("utf7") != std::string_view::npos;
}

/// Of one that is longer than what is decoded: up to its end, or all that is left.
std::size_t length_of_long_word(std::string_view text) {
  const auto end = text.find("?=", std::min(encoded_word_limit - 1, text.size()));
  return end == std::string_view::npos ? text.size() : end + 2;
}

/// Words may hold an address in pieces, and its "@" too: all go when there is one in their
/// joined text, or one cannot be looked into, since it is too long or UTF-7.
std::string without_hidden_addresses(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  std::string joined;
  bool is_opaque = false;
  for (auto at = text.find("=?"); at != std::string_view::npos;) {
    const auto word = read_encoded_word(text.substr(at));
    if (!word) {
      at = text.find("=?", at + 2);
      continue;
    }
    const auto length = word->has_end ? word->length : length_of_long_word(text.substr(at));
    found.emplace_back(at, length);
    joined += word->text;
    is_opaque = is_opaque || !word->has_end || is_utf7(word->charset);
    at = text.find("=?", at + std::max<std::size_t>(length, 2));
  }
  std::string plain{text};
  if (!is_opaque && !may_hold_address(joined)) return plain;
  for (auto one = found.rbegin(); one != found.rend(); ++one)
    plain.replace(one->first, one->second, hidden);
  return plain;
}

/// Where what stands before the "@" begins: comments, blanks and a quoted string with it.
/// Not before `least`.
std::size_t beginning_of_local_part(std::string_view text, std::size_t at,
                                    std::size_t least) {
  auto begin = at;
  const auto skip_blanks = [&] {
    while (begin > least && is_fws(text[begin - 1])) --begin;
  };
  skip_blanks();
  while (begin > least && text[begin - 1] == ')') {
    const auto open = text.substr(least, begin - least).rfind('(');
    begin = open == std::string_view::npos ? least : least + open;
    skip_blanks();
  }
  if (begin > least && text[begin - 1] == '"') {
    auto within = text.substr(least, begin - 1 - least);
    for (;;) {
      const auto open = within.rfind('"');
      if (open == std::string_view::npos) return least;
      if (open == 0 || within[open - 1] != '\\') return least + open;
      within = within.substr(0, open - 1);
    }
  }
  while (begin > least && is_local_character(text[begin - 1])) --begin;
  return begin;
}

/// Tags that say how was signed; "z" is a copy of the header. RFC 6376 3.5, RFC 8617 4.1.
std::string redacted_tags(std::string_view value, const Redaction& redaction) {
  std::string text;
  for (const auto tag : split(value, ';')) {
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos ||
        !is_among(shown_tags, trim(tag.substr(0, equals))))
      continue;
    const auto said = trim(tag.substr(equals + 1));
    const bool is_identity = trim(tag.substr(0, equals)) == "i" &&
                             !std::ranges::all_of(said, is_digit);  // of ARC, a number
    if (!text.empty()) text += ';';
    text += tag.substr(0, equals + 1);
    text += is_identity ? redacted_identity(said, redaction)
                        : redacted_text(tag.substr(equals + 1), redaction);
  }
  return text;
}

std::string redacted_mailboxes(std::string_view value, const Redaction& redaction) {
  const auto mailboxes = parse_authors(value);
  if (!mailboxes) return std::string{hidden};
  std::string text;
  for (const auto& mailbox : *mailboxes)
    text += fmt::format(
        "{}<{}>", text.empty() ? "" : ", ",
        redacted_address(fmt::format("{}@{}", mailbox.local_part, mailbox.domain.name()),
                         redaction));
  return text;
}

std::string redacted_value(const RawHeader& field, const Redaction& redaction) {
  const auto name = field.bare_name();
  if (is_among(address_fields, name)) return redacted_mailboxes(field.value, redaction);
  auto value = unfolded(field.value);
  if (is_among(identifier_fields, name)) return value;
  if (is_among(tag_list_fields, name)) return redacted_tags(value, redaction);
  return redacted_text(value, redaction);
}

}  // namespace

std::string redacted_address(std::string_view address, const Redaction& redaction) {
  if (address.empty()) return {};
  if (redaction.local_parts == conf::RedactAs::hashed)
    return sign::pseudonym_of(address, redaction.secret, sign::PseudonymUse::report);
  const auto at = std::min(address.rfind('@'), address.size());
  return std::string{hidden}.append(address.substr(at));
}

std::string redacted_identity(std::string_view identity, const Redaction& redaction) {
  if (identity.empty() || identity.starts_with('@')) return std::string{identity};
  return identity.find('@') == std::string_view::npos
             ? std::string{hidden}
             : redacted_address(identity, redaction);
}

std::string SpfNames::shown(std::string_view term, std::string_view name) {
  const auto begin = term.find_first_of(":=");
  if (begin == std::string_view::npos)  // the domain of the term is asked for
    return std::string{have_sender_ && !term.empty() ? hidden : name};
  bool has_macro = false;
  std::string without;
  std::size_t done = begin + 1;
  for (auto at = term.find("%{", done); at != std::string_view::npos;
       at = term.find("%{", done)) {
    const auto end = std::min(term.find('}', at), term.size() - 1);
    const char letter = at + 2 < term.size() ? to_lower(term[at + 2]) : '\0';
    have_sender_ = have_sender_ || letter == 'l' || letter == 's';
    has_macro = true;
    without.append(term, done, at - done).append(hidden);
    done = end + 1;
  }
  return has_macro && have_sender_ ? without.append(term.substr(done)) : std::string{name};
}

std::string redacted_text(std::string_view text, const Redaction& redaction) {
  auto plain = without_hidden_addresses(text);
  plain = with_all_replaced(plain, "%40", "@");
  plain = with_all_replaced(plain, "\xef\xbc\xa0", "@");  // U+FF20, which looks like one
  std::string shown;
  std::size_t done = 0;
  for (auto at = plain.find('@'); at != std::string::npos; at = plain.find('@', at + 1)) {
    const auto begin = beginning_of_local_part(plain, at, done);
    auto end = at + 1;
    while (end < plain.size() && is_domain_character(plain[end])) ++end;
    shown.append(plain, done, begin - done);
    const auto local_part = std::string_view{plain}.substr(begin, at - begin);
    const auto domain = std::string_view{plain}.substr(at, end - at);
    shown +=
        local_part.empty()
            ? std::string{domain}
            : redacted_address(fmt::format("{}{}", trim(local_part), domain), redaction);
    done = end;
  }
  return shown.append(plain, done);
}

std::string field_lines(std::string_view name, std::string_view value) {
  auto text = fmt::format("{}:", name);
  auto column = text.size();
  std::string line{value};
  std::ranges::replace_if(line, is_fws, ' ');
  for (const auto word : split(line, ' ')) {
    if (word.empty()) continue;
    const bool fits = column + 1 + word.size() <= columns || column == name.size() + 1;
    text += fits ? " " : "\r\n ";
    column = (fits ? column : 0) + 1 + word.size();
    text += printable(word, word_limit);
  }
  return text.append("\r\n");
}

std::string shown_header(const RawHeaders& headers, const std::vector<std::string>& names,
                         const Redaction& redaction) {
  std::string text;
  std::map<std::string_view, std::size_t> shown;
  for (const auto& field : headers) {
    const auto name =
        std::ranges::find_if(names, [&](const std::string& one) { return field.is(one); });
    if (name == names.end() || ++shown[*name] > shown_fields_limit) continue;
    const auto value = redacted_value(field, redaction);
    auto lines = field_lines(*name, std::string_view{value}.substr(0, shown_value_limit));
    if (text.size() + lines.size() > shown_header_limit) break;
    text += lines;
  }
  return text;
}

}  // namespace milterward::reports
