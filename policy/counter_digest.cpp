// SPDX-License-Identifier: Apache-2.0
#include "policy/counter_digest.h"

#include <fmt/format.h>

#include "policy/auth/dkim/digest.h"

namespace milterward {

CounterDigest& CounterDigest::add(std::string_view part) {
  const fmt::format_int size{part.size()};
  if (octets_.empty()) octets_.reserve(512);  // most have room in it
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
  const auto digest = sha.finish();
  std::string hex(2 * octets, '0');
  for (std::size_t i = 0; i < octets; ++i) {
    const auto octet = static_cast<unsigned char>(digest[i]);
    hex[2 * i] = digits[octet >> 4];
    hex[2 * i + 1] = digits[octet & 0xf];
  }
  return hex;
}

}  // namespace milterward
