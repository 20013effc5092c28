// SPDX-License-Identifier: Apache-2.0
// A clock whose hands the test turns.
#pragma once

#include "policy/base/clock.h"

namespace milterward::tests {

class FakeClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return now_; }
  WallTime today() const noexcept override { return today_; }

  void advance(std::chrono::seconds by) {
    now_ += by;
    today_ += by;
  }
  void set_today(std::chrono::seconds since_epoch) { today_ = WallTime{since_epoch}; }

 private:
  SteadyTime now_{std::chrono::hours{1}};
  WallTime today_{std::chrono::seconds{1'790'000'000}};
};

}  // namespace milterward::tests
