// SPDX-License-Identifier: Apache-2.0
// The limits that apply to a sender, each with the counter that counts for it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/quota.h"
#include "policy/ports/counters.h"
#include "policy/rules/facts.h"
#include "policy/rules/quota.h"

namespace milterward {

struct CountedLimit {
  rules::QuotaFact fact;
  ports::Hit hit;  // of no amount yet
};

/// `plans` are those that apply to one sender (plans_for).
std::vector<CountedLimit> limits_for(std::span<const rules::AppliedPlan> plans,
                                     const conf::QuotaSettings& settings);

/// A login or a domain as part of a counter's name; very long ones share what their
/// beginning has.
std::string counter_part(std::string_view subject);

}  // namespace milterward
