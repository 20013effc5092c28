// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/sendmail_addresses.h"

#include <algorithm>
#include <array>
#include <vector>

#include "policy/base/ascii.h"

namespace milterward::sign {
namespace {

using Text = std::optional<std::string>;

// From some 230 octets on, Sendmail shortens an address or drops its name.
constexpr std::size_t member_limit = 200;

bool is_above_ascii(char c) { return (c & 0x80) != 0; }

/// A character outside quotes, comments and angle brackets, and where it stands.
struct Outside {
  std::size_t at;
  char c;
};

/// Quotes, comments and angle brackets closed, and nothing in them or around them that
/// Sendmail would mend.
class Nesting {
 public:
  /// Feeds one character; true when it stands outside of everything, itself being no
  /// bracket.
  bool is_outside(char c) {
    if (is_escaped_) {
      is_escaped_ = false;
      return false;
    }
    if (c == '\\') {
      if (!in_quotes_ && comments_ == 0) is_bad_ = true;
      is_escaped_ = true;
      return false;
    }
    if (in_quotes_) {
      if (c == '"') in_quotes_ = false;
      return false;
    }
    if (c == '(' || c == ')') {
      if (c == ')' && comments_ == 0) is_bad_ = true;
      comments_ += c == '(' ? 1 : -1;
      return false;
    }
    if (comments_ > 0) return false;
    if (c == '"') {
      in_quotes_ = true;
      return false;
    }
    if (c == '<' || c == '>') {
      if ((c == '<') == in_angle_) is_bad_ = true;
      in_angle_ = c == '<';
      return false;
    }
    return !in_angle_;
  }
  bool is_sound() const {
    return !is_bad_ && !is_escaped_ && !in_quotes_ && !in_angle_ && comments_ == 0;
  }

 private:
  bool in_quotes_ = false, in_angle_ = false, is_escaped_ = false, is_bad_ = false;
  int comments_ = 0;
};

/// All characters outside, or nothing when the text is not sound.
std::optional<std::vector<Outside>> outsides_of(std::string_view text) {
  Nesting nesting;
  std::vector<Outside> outsides;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (nesting.is_outside(text[i])) outsides.push_back({i, text[i]});
  return nesting.is_sound() ? std::optional{std::move(outsides)} : std::nullopt;
}

bool is_local_character(char c) {
  constexpr std::string_view others = ".#$&'*+-/=?^_`{|}~";  // "%" and "!" are routes to it
  return is_alnum(c) || others.find(c) != std::string_view::npos;
}

bool is_known_local(std::string_view local) {
  if (local.size() > 2 && local.front() == '"' && local.back() == '"') {
    const auto inside = local.substr(1, local.size() - 2);
    return std::ranges::all_of(
        inside, [](char c) { return is_local_character(c) || c == ' ' || c == '@'; });
  }
  return !local.empty() && std::ranges::all_of(local, is_local_character);
}

/// Fully qualified, and no pseudo domain of the rule sets.
bool is_known_domain(std::string_view domain) {
  constexpr std::array pseudo{".uucp", ".bitnet", ".decnet", ".csnet"};
  return domain.find('.') != std::string_view::npos && domain.front() != '.' &&
         domain.back() != '.' &&
         std::ranges::all_of(
             domain,
             [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; }) &&
         std::ranges::none_of(
             pseudo, [&](const char* end) { return ends_with_ignoring_case(domain, end); });
}

Text address(std::string_view text, std::string_view host) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.ends_with('"')) {
    if (!is_known_local(text) || !is_known_domain(host)) return std::nullopt;
    return std::string{text} + "@" + std::string{host};
  }
  if (!is_known_local(text.substr(0, at)) || !is_known_domain(text.substr(at + 1)))
    return std::nullopt;
  return std::string{text};
}

/// Comments and the white space around them.
bool is_comments_only(std::string_view text) {
  const auto outsides = outsides_of(text);
  return outsides && text.find('"') == std::string_view::npos &&
         std::ranges::all_of(*outsides, [](const Outside& o) { return is_wsp(o.c); });
}

/// The name before "<", in quotes where Sendmail sets them.
Text name(std::string_view text) {
  constexpr std::string_view quoted = "@.'[]";
  constexpr std::string_view unknown = ":;";
  const auto outsides = outsides_of(text);
  if (!outsides) return std::nullopt;
  bool is_quoted = false;
  for (const auto& outside : *outsides) {
    if (unknown.find(outside.c) != std::string_view::npos) return std::nullopt;
    if (quoted.find(outside.c) != std::string_view::npos) is_quoted = true;
  }
  if (!is_quoted) return std::string{text};
  if (text.find_first_of("\"()") != std::string_view::npos) return std::nullopt;
  const auto end = text.find_last_not_of(" \t") + 1;
  return "\"" + std::string{text.substr(0, end)} + "\"" + std::string{text.substr(end)};
}

/// Name <address> (comment)
Text named_address(std::string_view text, std::size_t open, std::string_view host) {
  const auto close = text.find('>', open);
  const auto before = name(text.substr(0, open));
  const auto inside = address(trim(text.substr(open + 1, close - open - 1)), host);
  const auto behind = text.substr(close + 1);
  if (!before || !inside || !is_comments_only(behind)) return std::nullopt;
  if (!behind.empty() && !is_wsp(behind.front())) return std::nullopt;
  return *before + "<" + *inside + ">" + std::string{behind};
}

/// (comment) address (comment)
Text plain_address(std::string_view text, std::string_view host) {
  Nesting nesting;
  std::optional<std::size_t> begin;
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool in_address = nesting.is_outside(text[i]) ? !is_wsp(text[i]) : text[i] == '"';
    if (!in_address) continue;
    if (!begin) begin = i;
    end = i + 1;
  }
  if (!begin) return std::nullopt;
  const auto before = text.substr(0, *begin);
  const auto behind = text.substr(end);
  if (!is_comments_only(before) || !is_comments_only(behind) || before.ends_with(')') ||
      behind.starts_with('('))
    return std::nullopt;
  const auto written = address(text.substr(*begin, end - *begin), host);
  if (!written) return std::nullopt;
  return std::string{before} + *written + std::string{behind};
}

/// The "<" outside of quotes and comments.
std::optional<std::size_t> angle_of(std::string_view text) {
  bool in_quotes = false;
  int comments = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"' && comments == 0)
      in_quotes = !in_quotes;
    else if (!in_quotes && (text[i] == '(' || text[i] == ')'))
      comments += text[i] == '(' ? 1 : -1;
    else if (text[i] == '<' && !in_quotes && comments == 0)
      return i;
  }
  return std::nullopt;
}

Text mailbox(std::string_view text, std::string_view host) {
  const auto open = angle_of(text);
  return open ? named_address(text, *open, host) : plain_address(text, host);
}

/// What stands between two commas: a mailbox, with the begin or the end of a group.
Text member(std::string_view text, bool& in_group, std::string_view host) {
  const auto outsides = outsides_of(text);
  if (!outsides || text.size() > member_limit) return std::nullopt;
  std::string begin;
  const auto colon = std::ranges::find(*outsides, ':', &Outside::c);
  if (colon != outsides->end()) {
    auto length = colon->at + 1;
    const auto group = text.substr(0, colon->at);
    const bool is_known = std::ranges::all_of(group, [](char c) {
      return is_alnum(c) || is_above_ascii(c) || is_wsp(c) || c == '-' || c == '_';
    });
    if (in_group || group.empty() || !is_known) return std::nullopt;
    while (length < text.size() && is_wsp(text[length])) ++length;
    begin = text.substr(0, length);
    text.remove_prefix(length);
    in_group = true;
  }
  std::string end;
  if (text.ends_with(';')) {
    if (!in_group) return std::nullopt;
    in_group = false;
    end = ";";
    text = trim(text.substr(0, text.size() - 1));
    if (text.empty() && !begin.empty()) return begin + end;
  }
  const auto written = mailbox(text, host);
  if (!written || begin.size() + written->size() + end.size() > member_limit)
    return std::nullopt;
  return begin + *written + end;
}

}  // namespace

Text as_sendmail_writes(std::string_view value, std::string_view host) {
  std::string line;
  for (const char c : value) {
    const bool is_control = static_cast<unsigned char>(c) < ' ' || c == 0x7f;
    if (is_control && !is_fws(c)) return std::nullopt;
    if (c != '\r' && c != '\n') line += c;
  }
  const std::string_view text = line;
  if (trim(text).empty()) return std::string{};
  const auto outsides = outsides_of(text);
  if (!outsides) return std::nullopt;

  std::string written;
  bool in_group = false;
  std::size_t from = 0;
  const auto add = [&](std::size_t to) {
    const auto part = trim(text.substr(from, to - from));
    from = to + 1;
    if (part.empty()) return true;
    const auto one = member(part, in_group, host);
    if (!one) return false;
    written += (written.empty() ? "" : ", ") + *one;
    return true;
  };
  for (const auto& outside : *outsides)
    if (outside.c == ',' && !add(outside.at)) return std::nullopt;
  if (!add(text.size()) || in_group || written.empty()) return std::nullopt;
  return written;
}

}  // namespace milterward::sign
