// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/encoded_word.h"

#include "policy/base/ascii.h"

namespace milterward {
namespace {

constexpr std::size_t charset_limit = 64;  // with the language of RFC 2231 behind it

std::optional<unsigned> hex_digit(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = to_lower(c);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

std::optional<unsigned> base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 26);
  if (is_digit(c)) return static_cast<unsigned>(c - '0' + 52);
  if (c == '+') return 62U;
  if (c == '/') return 63U;
  return std::nullopt;
}

/// "_" is a blank, "=HH" an octet.
std::string decoded_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_octet = text[i] == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) &&
                          hex_digit(text[i + 2]);
    if (is_octet) {
      out += static_cast<char>(*hex_digit(text[i + 1]) * 16 + *hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '_' ? ' ' : text[i];
    }
  }
  return out;
}

std::string decoded_b(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = base64_digit(c);
    if (!digit) continue;
    bits = (bits << 6U | *digit) & 0xffffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xffU);
  }
  return out;
}

}  // namespace

std::optional<EncodedWord> read_encoded_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  const auto mark = text.substr(0, charset_limit).find('?', 2);
  if (mark == std::string_view::npos || mark == 2 || mark + 2 >= text.size() ||
      text[mark + 2] != '?')
    return std::nullopt;
  const char letter = to_lower(text[mark + 1]);
  if (letter != 'q' && letter != 'b') return std::nullopt;

  EncodedWord word;
  word.encoding = letter == 'b' ? EncodedWord::Encoding::b : EncodedWord::Encoding::q;
  const auto begin = mark + 3;
  const auto end = text.substr(0, encoded_word_limit).find("?=", begin);
  word.has_end = end != std::string_view::npos;
  if (!word.has_end) return word;
  word.length = end + 2;
  const auto charset = text.substr(2, mark - 2);
  word.charset = to_lower(charset.substr(0, charset.find('*')));
  const auto encoded = text.substr(begin, end - begin);
  word.text = letter == 'b' ? decoded_b(encoded) : decoded_q(encoded);
  return word;
}

}  // namespace milterward
