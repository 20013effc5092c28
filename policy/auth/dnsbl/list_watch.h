// SPDX-License-Identifier: Apache-2.0
// Which lists are known to be in trouble? So that the log tells of one now and then, and
// not with every message.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "policy/auth/dnsbl/dnsbl.h"
#include "policy/base/clock.h"
#include "policy/base/guarded.h"

namespace milterward::auth {

class ListWatch {
 public:
  static constexpr std::chrono::hours silence{1};

  /// True for the first fault of its kind of a list, and then once an hour.
  bool is_to_be_told(const FaultyList& faulty, SteadyTime now);

 private:
  Guarded<std::map<std::pair<std::string, ListFault>, SteadyTime>> told_;
};

}  // namespace milterward::auth
