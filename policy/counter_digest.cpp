// SPDX-License-Identifier: Apache-2.0
#include "policy/counter_digest.h"

#include <fmt/format.h>

namespace milterward {

CounterDigest& CounterDigest::add(std::string_view part) {
  sha_.update(fmt::format("{}:", part.size()));
  sha_.update(part);
  return *this;
}

std::string CounterDigest::text() {
  constexpr std::size_t octets = 12;
  std::string hex;
  for (const char c : sha_.finish().substr(0, octets))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

}  // namespace milterward
