// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/metered_counters.h"

#include <chrono>
#include <string_view>

namespace milterward::ports {

void MeteredCounters::note(std::string_view operation, bool answered,
                           SteadyTime began) noexcept {
  using std::chrono::microseconds;
  metrics_->store_used(operation, answered ? "ok" : "fault",
                       std::chrono::duration_cast<microseconds>(clock_->now() - began));
}

Result<HitResult, StoreFault> MeteredCounters::hit(std::span<const Hit> hits, Grant grant,
                                                   Seconds now, Deadline deadline) {
  const auto began = clock_->now();
  auto result = counters_->hit(hits, grant, now, deadline);
  note("hit", result.has_value(), began);
  return result;
}

Result<std::monostate, StoreFault> MeteredCounters::keep(std::span<const Granted> granted,
                                                         Deadline deadline) {
  const auto began = clock_->now();
  auto result = counters_->keep(granted, deadline);
  note("keep", result.has_value(), began);
  return result;
}

void MeteredCounters::give_back(std::span<const Granted> granted) noexcept {
  const auto began = clock_->now();
  counters_->give_back(granted);
  note("give_back", true, began);
}

Result<std::monostate, StoreFault> MeteredCounters::clear(
    std::span<const std::string> counters, Deadline deadline) {
  const auto began = clock_->now();
  auto result = counters_->clear(counters, deadline);
  note("clear", result.has_value(), began);
  return result;
}

}  // namespace milterward::ports
