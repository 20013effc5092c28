// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/base64.h"

#include <array>
#include <cstdint>

#include "policy/base/ascii.h"

namespace milterward::auth {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;  // digits are below 64

constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint8_t digit_value(char c) { return digit_values[static_cast<std::uint8_t>(c)]; }

char* put_three(char* to, std::uint32_t bits) {
  *to++ = static_cast<char>(bits >> 16 & 0xff);
  *to++ = static_cast<char>(bits >> 8 & 0xff);
  *to++ = static_cast<char>(bits & 0xff);
  return to;
}

/// Decodes groups of four digits up to the first that is interrupted; gives what is left.
std::string_view decode_groups(std::string_view text, char*& to) {
  while (text.size() >= 4) {
    const std::uint32_t a = digit_value(text[0]), b = digit_value(text[1]),
                        c = digit_value(text[2]), d = digit_value(text[3]);
    if ((a | b | c | d) >= 64) break;
    to = put_three(to, a << 18 | b << 12 | c << 6 | d);
    text.remove_prefix(4);
  }
  return text;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string octets(text.size() / 4 * 3 + 2, '\0');
  auto* to = octets.data();
  std::uint32_t bits = 0;
  std::size_t digits = 0, padding = 0;
  while (!text.empty()) {
    if (digits % 4 == 0 && padding == 0) {
      const auto before = text.size();
      text = decode_groups(text, to);
      digits += before - text.size();
      if (text.empty()) break;
    }
    const char c = text.front();
    text.remove_prefix(1);
    if (is_fws(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const auto value = digit_value(c);
    if (value == no_digit || padding > 0) return std::nullopt;
    bits = bits << 6 | value;
    if (++digits % 4 == 0) {
      to = put_three(to, bits);
      bits = 0;
    }
  }
  if (digits == 0 || (digits + padding) % 4 != 0 || padding > 2) return std::nullopt;
  if (digits % 4 == 3) {
    *to++ = static_cast<char>(bits >> 10 & 0xff);
    *to++ = static_cast<char>(bits >> 2 & 0xff);
  } else if (digits % 4 == 2) {
    *to++ = static_cast<char>(bits >> 4 & 0xff);
  }
  octets.resize(static_cast<std::size_t>(to - octets.data()));
  return octets;
}

std::string encode_base64(std::string_view octets) {
  std::string text((octets.size() + 2) / 3 * 4, '=');
  auto* to = text.data();
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const auto octet = [&](std::size_t at) -> std::uint32_t {
      return at < octets.size() ? static_cast<std::uint8_t>(octets[at]) : 0;
    };
    const std::uint32_t bits = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
    *to++ = alphabet[bits >> 18 & 63];
    *to++ = alphabet[bits >> 12 & 63];
    if (i + 1 < octets.size()) *to++ = alphabet[bits >> 6 & 63];
    if (i + 2 < octets.size()) *to++ = alphabet[bits & 63];
  }
  return text;
}

}  // namespace milterward::auth
