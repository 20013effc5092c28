// SPDX-License-Identifier: Apache-2.0
#include "policy/counter_digest.h"

#include <fmt/format.h>

#include "policy/auth/dkim/digest.h"

namespace milterward {

CounterDigest& CounterDigest::add(std::string_view part) {
  const fmt::format_int size{part.size()};
  octets_.append(size.data(), size.size());
  octets_ += ':';
  octets_ += part;
  return *this;
}

std::string CounterDigest::text() {
  constexpr std::size_t octets = 12;
  constexpr std::string_view digits = "0123456789abcdef";
  auth::Sha256 sha;
  sha.update(octets_);
  std::string hex;
  for (const char c : sha.finish().substr(0, octets)) {
    const auto octet = static_cast<unsigned char>(c);
    hex += digits[octet >> 4];
    hex += digits[octet & 0xf];
  }
  return hex;
}

}  // namespace milterward
