// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dkim/base64.h"

#include <array>
#include <cstdint>

#include "policy/base/ascii.h"

namespace milterward::auth {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string octets(text.size() / 4 * 3 + 2, '\0');
  auto* to = octets.data();
  std::uint32_t bits = 0;
  std::size_t digits = 0, padding = 0;
  for (const char c : text) {
    if (is_fws(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const auto value = digit_values[static_cast<std::uint8_t>(c)];
    if (value == no_digit || padding > 0) return std::nullopt;
    bits = bits << 6 | value;
    if (++digits % 4 == 0) {
      *to++ = static_cast<char>(bits >> 16 & 0xff);
      *to++ = static_cast<char>(bits >> 8 & 0xff);
      *to++ = static_cast<char>(bits & 0xff);
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
