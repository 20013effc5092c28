// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/transfer_encoding.h"

#include <array>
#include <cstdint>

#include "policy/base/ascii.h"

namespace milterward::feedback {
namespace {

constexpr std::uint8_t outside = 0xff;

constexpr auto base64_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(outside);
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::string from_base64(std::string_view text) {
  std::string octets;
  octets.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto value = base64_values[static_cast<unsigned char>(c)];
    if (value == outside) continue;
    bits = (bits << 6 | value) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets += static_cast<char>(bits >> count & 0xff);
  }
  return octets;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// White space before a line end was added on the way (RFC 2045 section 6.7, rule 3).
std::string from_quoted_printable(std::string_view text) {
  std::string octets;
  octets.reserve(text.size());
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    const bool has_end = end != std::string_view::npos;
    text.remove_prefix(has_end ? end + 1 : text.size());
    while (!line.empty() && is_fws(line.back())) line.remove_suffix(1);
    const bool goes_on = line.ends_with('=');
    if (goes_on) line.remove_suffix(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool is_coded = line[i] == '=' && i + 2 < line.size() &&
                            hex_value(line[i + 1]) >= 0 && hex_value(line[i + 2]) >= 0;
      octets +=
          is_coded ? static_cast<char>(hex_value(line[i + 1]) * 16 + hex_value(line[i + 2]))
                   : line[i];
      if (is_coded) i += 2;
    }
    if (has_end && !goes_on) octets += '\n';
  }
  return octets;
}

}  // namespace

std::string decoded(std::string_view text, std::string_view encoding) {
  const auto name = trim(encoding.substr(0, encoding.find(';')));
  if (equal_ignoring_case(name, "base64")) return from_base64(text);
  if (equal_ignoring_case(name, "quoted-printable")) return from_quoted_printable(text);
  return std::string{text};
}

}  // namespace milterward::feedback
