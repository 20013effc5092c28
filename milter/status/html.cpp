// SPDX-License-Identifier: Apache-2.0
#include "milter/status/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/base/ascii.h"
#include "policy/mail/utf8.h"

namespace milterward::status {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

struct Range {
  unsigned first, last;
};
/// Controls, soft hyphen, zero width, bidirectional, line separators, variation selectors,
/// tags and whatever else is not seen.
constexpr std::array<Range, 13> unseen{{{0x00, 0x1f},
                                        {0x7f, 0x9f},
                                        {0xad, 0xad},
                                        {0x61c, 0x61c},
                                        {0x115f, 0x1160},
                                        {0x180b, 0x180e},
                                        {0x200b, 0x200f},
                                        {0x2028, 0x202e},
                                        {0x2060, 0x206f},
                                        {0xfe00, 0xfe0f},
                                        {0xfeff, 0xfeff},
                                        {0xfff9, 0xfffb},
                                        {0xe0000, 0xe0fff}}};

bool is_unseen(unsigned point) {
  return std::ranges::any_of(unseen, [&](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

/// How many octets a character has that begins so; 1 for what begins none.
std::size_t length_of(char first) {
  const auto octet = static_cast<unsigned char>(first);
  return octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
}

/// Of one valid character.
unsigned point_of(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  auto point = first & (0xffU >> (character.size() + 1));
  for (const char c : character.substr(1))
    point = point << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  return point;
}

void add(std::string& result, std::string_view character) {
  if (const auto point = point_of(character); is_unseen(point)) {
    result += fmt::format("\\u{{{:x}}}", point);
    return;
  }
  switch (character.front()) {
    case '&':
      result += "&amp;";
      return;
    case '<':
      result += "&lt;";
      return;
    case '>':
      result += "&gt;";
      return;
    case '"':
      result += "&quot;";
      return;
    case '\'':
      result += "&#39;";
      return;
    default:
      result += character;
  }
}

}  // namespace

std::string html(std::string_view text, std::size_t longest) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size() && at < longest) {
    const auto character = text.substr(at, length_of(text[at]));
    if (is_valid_utf8(character)) {
      add(result, character);
      at += character.size();
    } else {
      result += replacement;
      ++at;
    }
  }
  if (at < text.size()) result += "…";
  return result;
}

std::string island(std::string_view text, std::size_t longest) {
  return fmt::format("<bdi>{}</bdi>", html(text, longest));
}

std::string url_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace milterward::status
