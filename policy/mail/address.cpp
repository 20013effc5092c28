// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/address.h"

#include <algorithm>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"
#include "policy/mail/utf8.h"

namespace milterward {
namespace {

constexpr OctetSet specials{"<>()[],;:\\\""};

constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

constexpr OctetSet plain{
    [](char c) { return !is_control(c) && c != ' ' && !specials.contains(c); }};

bool has_word_characters_only(std::string_view text) noexcept {
  bool is_ascii = true;
  for (const char c : text) {
    if (!plain.contains(c)) return false;
    is_ascii = is_ascii && static_cast<unsigned char>(c) < 0x80;
  }
  return is_ascii || is_valid_utf8(text);
}

/// "@a,@b:" and what follows it. RFC 5321 appendix C.
struct Routed {
  bool has_route = false;
  std::string_view mailbox;
};

/// Where the colon behind a route stands, or the end. A literal among the hops has colons
/// of its own.
std::size_t end_of_route(std::string_view text) noexcept {
  std::size_t end = 0;
  bool in_literal = false;
  while (end < text.size() && (in_literal || text[end] != ':')) {
    if (text[end] == '[') in_literal = true;
    if (text[end] == ']') in_literal = false;
    ++end;
  }
  return end;
}

Result<Routed, PathFault> split_route(std::string_view text) {
  if (!text.starts_with('@')) return Routed{false, text};
  const auto end = end_of_route(text);
  if (end == text.size()) return Unexpected{PathFault::no_local_part};
  for (const auto hop : split(text.substr(0, end), ','))
    if (hop.size() < 2 || hop.front() != '@' || hop.find('@', 1) != std::string_view::npos)
      return Unexpected{PathFault::bad_source_route};
  return Routed{true, text.substr(end + 1)};
}

struct LocalPart {
  std::string text;
  std::size_t length = 0;  // octets it took, quotes included
};

Result<LocalPart, PathFault> parse_quoted(std::string_view text) {
  LocalPart local;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      local.length = at + 1;
      if (!is_valid_utf8(local.text)) return Unexpected{PathFault::bad_character};
      return local;
    }
    if (text[at] == '\\' && ++at == text.size()) break;
    if (is_control(text[at])) return Unexpected{PathFault::bad_character};
    local.text += text[at];
  }
  return Unexpected{PathFault::unclosed_quote};
}

Result<Mailbox, PathFault> parse_mailbox(std::string_view text) {
  Mailbox mailbox;
  std::size_t at_sign = text.find('@');
  if (text.starts_with('"')) {
    const auto quoted = parse_quoted(text);
    if (!quoted) return Unexpected{quoted.fault()};
    mailbox.local_part = quoted->text;
    mailbox.is_quoted = true;
    if (quoted->length < text.size() && text[quoted->length] != '@')
      return Unexpected{PathFault::bad_character};
    at_sign = quoted->length < text.size() ? quoted->length : std::string_view::npos;
  } else {
    mailbox.local_part = text.substr(0, at_sign);
    if (!has_word_characters_only(mailbox.local_part))
      return Unexpected{PathFault::bad_character};
  }
  if (mailbox.local_part.empty()) return Unexpected{PathFault::no_local_part};
  if (at_sign == std::string_view::npos) return mailbox;

  const auto domain = text.substr(at_sign + 1);
  if (domain.empty()) return Unexpected{PathFault::no_domain};
  if (domain.find('@') != std::string_view::npos) return Unexpected{PathFault::several_at};
  mailbox.domain_text = domain;
  if (domain.starts_with('[') && domain.ends_with(']')) {
    const auto inside = domain.substr(1, domain.size() - 2);
    if (std::ranges::any_of(inside, [](char c) { return c != ':' && !plain.contains(c); }))
      return Unexpected{PathFault::bad_character};
    if (const auto address = IpAddress::parse(inside)) mailbox.literal = *address;
    return mailbox;
  }
  if (!has_word_characters_only(domain)) return Unexpected{PathFault::bad_character};
  if (auto name = Domain::parse(domain)) mailbox.domain = std::move(*name);
  return mailbox;
}

}  // namespace

Result<Path, PathFault> parse_path(std::string_view text) {
  text = trim(text);
  if (text.starts_with('<')) {
    if (!text.ends_with('>')) return Unexpected{PathFault::unbalanced_brackets};
    text = text.substr(1, text.size() - 2);
  } else if (text.ends_with('>')) {
    return Unexpected{PathFault::unbalanced_brackets};
  }
  if (text.empty()) return Path{};
  if (text.size() > path_limit) return Unexpected{PathFault::too_long};
  const auto routed = split_route(text);
  if (!routed) return Unexpected{routed.fault()};
  auto mailbox = parse_mailbox(routed->mailbox);
  if (!mailbox) return Unexpected{mailbox.fault()};
  mailbox->has_source_route = routed->has_route;
  return Path{std::move(*mailbox)};
}

ClaimedSender claimed_sender(std::string_view mail_from) {
  if (const auto path = parse_path(mail_from)) {
    if (path->is_null() || path->mailbox->domain_text.empty()) return {};
    return {path->mailbox->local_part, path->mailbox->domain_text};
  }
  const auto at = mail_from.rfind('@');
  if (at == std::string_view::npos || at + 1 == mail_from.size()) return {};
  const auto begin =
      at > path_limit ? at - path_limit : 0;  // macros use it again and again
  return {std::string{mail_from.substr(begin, at - begin)},
          std::string{mail_from.substr(at + 1)}};
}

std::string_view without_route(std::string_view path) noexcept {
  if (!path.starts_with('@')) return path;
  const auto end = end_of_route(path);
  return end == path.size() ? path : path.substr(end + 1);
}

bool hides_route(const Mailbox& mailbox) noexcept {
  return mailbox.local_part.find_first_of("%!@:") != std::string::npos;
}

std::string_view to_text(PathFault fault) noexcept {
  switch (fault) {
    case PathFault::too_long:
      return "path longer than 254 octets";
    case PathFault::unbalanced_brackets:
      return "brackets do not match";
    case PathFault::bad_source_route:
      return "malformed source route";
    case PathFault::no_local_part:
      return "no local part";
    case PathFault::no_domain:
      return "no domain behind the @";
    case PathFault::several_at:
      return "more than one @";
    case PathFault::unclosed_quote:
      return "quoted string without end";
    case PathFault::bad_character:
      return "character that may not stand there";
  }
  unreachable();
}

}  // namespace milterward
