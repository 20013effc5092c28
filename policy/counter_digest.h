// SPDX-License-Identifier: Apache-2.0
// Names of counters that must not say who writes to whom, and must stay short.
#pragma once

#include <string>
#include <string_view>

namespace milterward {

/// Each part with its length, so that no two lists of parts read the same.
class CounterDigest {
 public:
  CounterDigest& add(std::string_view part);
  /// 96 bits in hex: enough to tell a few million apart, and no sender gains by two that
  /// agree. Call it once, last.
  std::string text();

 private:
  std::string octets_;  // hashed in one go
};

}  // namespace milterward
