// SPDX-License-Identifier: Apache-2.0
// What this thread has cost so far. A busy machine stretches the wall clock, not this one.
#pragma once

#include <ctime>

namespace milterward::tests {

/// CPU time of the calling thread in seconds.
inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace milterward::tests
