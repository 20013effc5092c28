// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/network.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0,    0,
                                                     0, 0, 0, 0, 0xff, 0xff};

bool same_leading_bits(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                       unsigned bits) noexcept {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest) & 0xffU;
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

}  // namespace

Result<IpAddress, AddressFault> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  if (starts_with_ignoring_case(text, "IPv6:")) text.remove_prefix(5);
  const std::string terminated{text};
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, terminated.c_str(), sixteen.data()) == 1) return v6(sixteen);
  return Unexpected{AddressFault::malformed};
}

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) noexcept {
  IpAddress address;
  address.family_ = Family::v4;
  std::ranges::copy(octets, address.octets_.begin());
  return address;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> octets) noexcept {
  if (std::ranges::equal(std::span{octets}.first(12), mapped_prefix))
    return v4({octets[12], octets[13], octets[14], octets[15]});
  IpAddress address;
  address.family_ = Family::v6;
  address.octets_ = octets;
  return address;
}

bool IpAddress::is_loopback() const noexcept {
  switch (family_) {
    case Family::none:
      return false;
    case Family::v4:
      return octets_[0] == 127;
    case Family::v6:
      return octets_[15] == 1 && std::all_of(octets_.begin(), octets_.end() - 1,
                                             [](auto octet) { return octet == 0; });
  }
  unreachable();
}

std::span<const std::uint8_t> IpAddress::octets() const noexcept {
  switch (family_) {
    case Family::none:
      return {};
    case Family::v4:
      return std::span{octets_}.first(4);
    case Family::v6:
      return octets_;
  }
  unreachable();
}

std::string IpAddress::text() const {
  if (!known()) return {};
  if (is_v4()) {
    std::string text;  // what is counted and logged names a client every time
    for (const auto octet : octets().first(4)) {
      if (!text.empty()) text += '.';
      const fmt::format_int digits{octet};
      text.append(digits.data(), digits.size());
    }
    return text;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, octets_.data(), text.data(), text.size());
  return text.data();
}

std::string IpAddress::reversed() const {
  if (!known()) return {};
  if (is_v4())
    return fmt::format("{}.{}.{}.{}", octets_[3], octets_[2], octets_[1], octets_[0]);
  std::string name;
  name.reserve(4 * octets_.size());
  for (auto octet = octets_.rbegin(); octet != octets_.rend(); ++octet)
    name += fmt::format("{}{:x}.{:x}", name.empty() ? "" : ".", *octet & 0xf, *octet >> 4);
  return name;
}

std::string IpAddress::reverse_name() const {
  if (!known()) return {};
  return reversed() + (is_v4() ? ".in-addr.arpa" : ".ip6.arpa");
}

Result<Network, AddressFault> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return Unexpected{address.fault()};
  const unsigned width = static_cast<unsigned>(address->octets().size()) * 8;
  if (slash == std::string_view::npos) return Network{*address, width};
  const auto digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return Unexpected{AddressFault::bad_prefix};
  // ::ffff:192.0.2.0/120 names 32 of its 120 bits as IPv4.
  if (address->is_v4() && text.substr(0, slash).find(':') != std::string_view::npos) {
    if (prefix < 96) return Unexpected{AddressFault::bad_prefix};
    prefix -= 96;
  }
  if (prefix > width) return Unexpected{AddressFault::bad_prefix};
  const Network network{*address, prefix};
  return network.address() == *address
             ? Result<Network, AddressFault>{network}
             : Result<Network, AddressFault>{Unexpected{AddressFault::host_bits_set}};
}

Network::Network(IpAddress address, unsigned prefix) noexcept : prefix_(prefix) {
  std::array<std::uint8_t, 16> octets{};
  std::ranges::copy(address.octets(), octets.begin());
  for (unsigned bit = prefix; bit < address.octets().size() * 8; ++bit)
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] & ~(0x80U >> (bit % 8)));
  address_ = address.is_v4() ? IpAddress::v4({octets[0], octets[1], octets[2], octets[3]})
                             : IpAddress::v6(octets);
}

bool Network::contains(const IpAddress& address) const noexcept {
  return address_.known() && address_.family() == address.family() &&
         same_leading_bits(address_.octets(), address.octets(), prefix_);
}

std::string Network::text() const { return fmt::format("{}/{}", address_.text(), prefix_); }

bool any_contains(const std::vector<Network>& networks, const IpAddress& address) noexcept {
  return std::ranges::any_of(
      networks, [&](const Network& network) { return network.contains(address); });
}

std::string_view to_text(AddressFault fault) noexcept {
  switch (fault) {
    case AddressFault::malformed:
      return "not an IP address";
    case AddressFault::bad_prefix:
      return "prefix length out of range";
    case AddressFault::host_bits_set:
      return "bits below the prefix are set";
  }
  unreachable();
}

}  // namespace milterward
