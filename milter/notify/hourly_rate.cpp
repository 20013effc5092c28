// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/hourly_rate.h"

#include <chrono>
#include <utility>

namespace milterward::notify {

std::optional<std::size_t> HourlyRate::take(Event event, SteadyTime now) {
  auto& hour = hours_.try_emplace(event, Hour{now, 0, 0}).first->second;
  if (now - hour.begun >= std::chrono::hours{1}) hour = {now, 0, hour.not_told};
  if (hour.told >= most_) {
    ++hour.not_told;
    return std::nullopt;
  }
  ++hour.told;
  return std::exchange(hour.not_told, 0);
}

}  // namespace milterward::notify
