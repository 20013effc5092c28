// SPDX-License-Identifier: Apache-2.0
// What time is it? A port, so that tests turn the hands themselves. Two hands: `now` never
// goes back and measures waiting; `today` is the wall clock that t= and x= tags speak of.
#pragma once

#include <chrono>

namespace milterward {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const noexcept = 0;
  virtual WallTime today() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return std::chrono::steady_clock::now(); }
  WallTime today() const noexcept override { return std::chrono::system_clock::now(); }
};

}  // namespace milterward
