// SPDX-License-Identifier: Apache-2.0
// How new accounts climb to their plan. [warmup]
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/mail/domain.h"

namespace milterward::conf {

/// What a burst far above an account's habit leads to.
enum class OnBurst { log, lock };

struct WarmupSettings {
  std::string ladder;  // messages a day, one number for each day; then the plan
  std::string address_ladder;
  std::size_t idle_days;   // after so many the account begins one step lower
  std::size_t store_days;  // a store younger than this knows nobody to be new
  std::vector<Domain> complaint_loops;
  std::size_t burst_factor;  // of the habit; 0 for never
  OnBurst on_burst;
};

}  // namespace milterward::conf
