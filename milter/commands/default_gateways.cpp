// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/default_gateways.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "policy/base/ascii.h"

namespace milterward::commands {
namespace {

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (const auto part : split(line, ' '))
    for (const auto column : split(part, '\t'))
      if (!trim(column).empty()) columns.push_back(trim(column));
  return columns;
}

bool is_zero(std::string_view hex) {
  return std::ranges::all_of(hex, [](char c) { return c == '0'; });
}

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> octets_of(std::string_view hex) {
  std::array<std::uint8_t, Size> octets{};
  if (hex.size() != 2 * Size) return std::nullopt;
  for (std::size_t i = 0; i < Size; ++i) {
    const auto* begin = hex.data() + 2 * i;
    const auto [stop, error] = std::from_chars(begin, begin + 2, octets[i], 16);
    if (error != std::errc{} || stop != begin + 2) return std::nullopt;
  }
  return octets;
}

std::string text_of(const char* path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

std::vector<IpAddress> parse_ipv4_routes(std::string_view text) {
  std::vector<IpAddress> gateways;
  for (const auto line : split(text, '\n')) {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask ...; octets in host order.
    const auto columns = columns_of(line);
    if (columns.size() < 8 || !is_zero(columns[1]) || !is_zero(columns[7])) continue;
    auto octets = octets_of<4>(columns[2]);
    if (!octets || is_zero(columns[2])) continue;
    if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(*octets);
    gateways.push_back(IpAddress::v4(*octets));
  }
  return gateways;
}

std::vector<IpAddress> parse_ipv6_routes(std::string_view text) {
  std::vector<IpAddress> gateways;
  for (const auto line : split(text, '\n')) {
    // destination, its prefix, source, its prefix, next hop, ...
    const auto columns = columns_of(line);
    if (columns.size() < 5 || !is_zero(columns[0]) || !is_zero(columns[1])) continue;
    const auto octets = octets_of<16>(columns[4]);
    if (octets && !is_zero(columns[4])) gateways.push_back(IpAddress::v6(*octets));
  }
  return gateways;
}

std::vector<IpAddress> default_gateways() {
  auto gateways = parse_ipv4_routes(text_of("/proc/net/route"));
  for (const auto& gateway : parse_ipv6_routes(text_of("/proc/net/ipv6_route")))
    gateways.push_back(gateway);
  return gateways;
}

}  // namespace milterward::commands
