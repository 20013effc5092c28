// SPDX-License-Identifier: Apache-2.0
// Counters in memory that the test can take away, or give in an empty share as those of a
// shared store that is away.
#pragma once

#include <atomic>

#include "policy/backends/memory_counters.h"

namespace milterward::tests {

class FakeCounters final : public ports::Counters {
 public:
  Result<ports::HitResult, ports::StoreFault> hit(std::span<const ports::Hit> hits,
                                                  ports::Grant grant, ports::Seconds now,
                                                  Deadline deadline) override {
    if (!answers) return Unexpected{ports::StoreFault{"down"}};
    if (!in_share) return memory_.hit(hits, grant, now, deadline);
    auto result = share_.hit(hits, grant, now, deadline);
    if (result) result->in_share = true;
    return result;
  }
  Result<std::monostate, ports::StoreFault> keep(std::span<const ports::Granted> granted,
                                                 Deadline deadline) override {
    if (!answers) return Unexpected{ports::StoreFault{"down"}};
    return of(granted).keep(granted, deadline);
  }
  void give_back(std::span<const ports::Granted> granted) noexcept override {
    of(granted).give_back(granted);
  }
  Result<std::monostate, ports::StoreFault> clear(std::span<const std::string> counters,
                                                  Deadline deadline) override {
    if (!answers) return Unexpected{ports::StoreFault{"down"}};
    return memory_.clear(counters, deadline);
  }

  std::atomic<bool> answers{true};
  std::atomic<bool> in_share{false};

 private:
  backends::MemoryCounters& of(std::span<const ports::Granted> granted) {
    return !granted.empty() && granted.front().in_share ? share_ : memory_;
  }

  backends::MemoryCounters memory_;
  backends::MemoryCounters share_;
};

}  // namespace milterward::tests
