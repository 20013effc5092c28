// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/time.h>

#include <chrono>

namespace milterward::backends {

/// For interfaces older than std::chrono; `span` is not negative.
constexpr timeval timeval_of(std::chrono::microseconds span) noexcept {
  return {static_cast<time_t>(span.count() / 1'000'000),
          static_cast<suseconds_t>(span.count() % 1'000'000)};
}

}  // namespace milterward::backends
