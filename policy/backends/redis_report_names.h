// SPDX-License-Identifier: Apache-2.0
// Words of redis_reports.h that both of its files say.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace milterward::backends {

inline std::string report_key(std::string_view name, std::string_view of = {}) {
  return std::string{"milterward:reports:"}.append(name).append(of);
}

/// 0 where it is no number.
inline std::int64_t number_in(std::string_view text) noexcept {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

inline std::string text_of(std::chrono::seconds time) {
  return std::to_string(time.count());
}

}  // namespace milterward::backends
