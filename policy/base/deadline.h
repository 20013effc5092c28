// SPDX-License-Identifier: Apache-2.0
// The moment after which nobody waits any more. One per SMTP step, passed to everything
// that waits, shorter than the MTA's patience.
#pragma once

#include <algorithm>
#include <chrono>

#include "policy/base/clock.h"

namespace milterward {

class Deadline {
 public:
  constexpr explicit Deadline(SteadyTime at) : at_(at) {}
  static Deadline after(const Clock& clock, std::chrono::milliseconds patience) {
    return Deadline{clock.now() + patience};
  }

  SteadyTime at() const noexcept { return at_; }

  /// The earlier of this deadline and `patience` from now.
  Deadline within(const Clock& clock, std::chrono::milliseconds patience) const {
    return Deadline{std::min(at_, clock.now() + patience)};
  }
  bool passed(const Clock& clock) const noexcept { return clock.now() >= at_; }

 private:
  SteadyTime at_;
};

}  // namespace milterward
