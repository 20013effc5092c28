// SPDX-License-Identifier: Apache-2.0
// Counters in memory that the test can take away.
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
    return memory_.hit(hits, grant, now, deadline);
  }
  Result<std::monostate, ports::StoreFault> keep(std::span<const ports::Granted> granted,
                                                 Deadline deadline) override {
    if (!answers) return Unexpected{ports::StoreFault{"down"}};
    return memory_.keep(granted, deadline);
  }
  void give_back(std::span<const ports::Granted> granted) noexcept override {
    memory_.give_back(granted);
  }
  Result<std::monostate, ports::StoreFault> clear(std::span<const std::string> counters,
                                                  Deadline deadline) override {
    if (!answers) return Unexpected{ports::StoreFault{"down"}};
    return memory_.clear(counters, deadline);
  }

  std::atomic<bool> answers{true};

 private:
  backends::MemoryCounters memory_;
};

}  // namespace milterward::tests
