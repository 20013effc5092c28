// SPDX-License-Identifier: Apache-2.0
// Things that go wrong by the hundred are worth a line in the log, once a minute.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "policy/base/clock.h"

namespace milterward::notify {

class MinuteCount {
 public:
  void add(std::size_t count) noexcept { count_ += count; }
  /// All that was added since the last answer, when there is any and a minute has passed.
  std::optional<std::size_t> due(const Clock& clock) noexcept {
    if (count_ == 0) return std::nullopt;
    const auto now = clock.now();
    if (last_ && now - *last_ < std::chrono::minutes{1}) return std::nullopt;
    last_ = now;
    return rest();
  }
  /// The same without waiting for the minute: nobody will ask again.
  std::optional<std::size_t> rest() noexcept {
    if (count_ == 0) return std::nullopt;
    return std::exchange(count_, 0);
  }

 private:
  std::size_t count_ = 0;
  std::optional<SteadyTime> last_;
};

}  // namespace milterward::notify
