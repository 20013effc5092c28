// SPDX-License-Identifier: Apache-2.0
// How often may one event be told? So many times an hour, which begins with the first;
// what happens beyond that is counted, for whoever is told next.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "policy/base/clock.h"
#include "policy/base/events.h"

namespace milterward::notify {

class HourlyRate {
 public:
  explicit HourlyRate(std::size_t most = 0) : most_(most) {}

  /// What was counted so far stays.
  void set_most(std::size_t most) noexcept { most_ = most; }

  /// How many of this event were not told since the last that was, when this one may be;
  /// nothing when it may not.
  std::optional<std::size_t> take(Event event, SteadyTime now);

 private:
  struct Hour {
    SteadyTime begun;
    std::size_t told = 0;
    std::size_t not_told = 0;
  };
  std::size_t most_;
  std::map<Event, Hour> hours_;
};

}  // namespace milterward::notify
