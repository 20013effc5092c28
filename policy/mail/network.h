// SPDX-License-Identifier: Apache-2.0
// IP addresses and networks. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) is the IPv4
// address it stands for, so that no rule has to think of both spellings.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward {

enum class AddressFault { malformed, bad_prefix, host_bits_set };

class IpAddress {
 public:
  enum class Family { none, v4, v6 };

  IpAddress() = default;  // no address: a local or unknown client

  /// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1" (becomes v4), with "IPv6:" before and
  /// brackets around it or not, compressed or not. No zone index.
  static Result<IpAddress, AddressFault> parse(std::string_view text);
  static IpAddress v4(std::array<std::uint8_t, 4> octets) noexcept;
  /// A mapped address becomes v4.
  static IpAddress v6(std::array<std::uint8_t, 16> octets) noexcept;

  Family family() const noexcept { return family_; }
  bool known() const noexcept { return family_ != Family::none; }
  bool is_v4() const noexcept { return family_ == Family::v4; }
  bool is_v6() const noexcept { return family_ == Family::v6; }
  bool is_loopback() const noexcept;

  /// 4 or 16 octets in network order; none for an unknown address.
  std::span<const std::uint8_t> octets() const noexcept;
  /// "192.0.2.1" or the RFC 5952 form; "" when unknown.
  std::string text() const;
  /// "1.2.0.192", or the nibbles from the last to the first (RFC 5782 sections 2.1, 2.4).
  std::string reversed() const;
  /// "1.2.0.192.in-addr.arpa", or nibbles below ip6.arpa.
  std::string reverse_name() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::none;
  std::array<std::uint8_t, 16> octets_{};
};

class Network {
 public:
  Network() = default;

  /// "192.0.2.0/24", "2001:db8::/32" or a single address. Bits below the prefix must be
  /// zero.
  static Result<Network, AddressFault> parse(std::string_view text);
  Network(IpAddress address, unsigned prefix) noexcept;

  /// Same family and same leading bits.
  bool contains(const IpAddress& address) const noexcept;
  unsigned prefix() const noexcept { return prefix_; }
  const IpAddress& address() const noexcept { return address_; }
  std::string text() const;

  bool operator==(const Network&) const = default;

 private:
  IpAddress address_;
  unsigned prefix_ = 0;
};

bool any_contains(const std::vector<Network>& networks, const IpAddress& address) noexcept;
std::string_view to_text(AddressFault fault) noexcept;

}  // namespace milterward
