// SPDX-License-Identifier: Apache-2.0
// The limits that apply to a sender, each with the counter that counts for it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/quota.h"
#include "policy/ports/counters.h"
#include "policy/rules/facts.h"
#include "policy/rules/quota.h"

namespace milterward {

/// Every message makes some: what only a reader of the decision needs is put together for
/// him (`fact`).
struct CountedLimit {
  rules::QuotaScope scope;
  conf::QuotaMeasure measure;
  std::string_view period;       // of the configuration, or "warmup_day"
  ports::Hit hit;                // of no amount yet
  ports::Count count = {};       // what the store said last
  bool is_past_warning = false;  // with what was granted to this message
  bool is_past_limit = false;    // likewise, in monitor mode

  /// What the store said to `hit`. `warn_at` is percent of the limit, 0 for never.
  void note(const ports::Count& said, bool is_granted, std::size_t warn_at);
  /// `subject` as in AppliedPlan.
  rules::QuotaFact fact(std::string subject) const;
};

/// `plans` are those that apply to one sender (plans_for). Valid as long as `settings`.
std::vector<CountedLimit> limits_for(std::span<const rules::AppliedPlan> plans,
                                     const conf::QuotaSettings& settings);

/// A login or a domain as part of a counter's name; very long ones share what their
/// beginning has.
std::string counter_part(std::string_view subject);

}  // namespace milterward
