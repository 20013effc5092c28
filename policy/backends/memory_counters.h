// SPDX-License-Identifier: Apache-2.0
// Counters that last as long as the process, for tests and looks by hand.
#pragma once

#include "policy/backends/counter_table.h"
#include "policy/base/guarded.h"

namespace milterward::backends {

class MemoryCounters final : public ports::Counters {
 public:
  Result<ports::HitResult, ports::StoreFault> hit(std::span<const ports::Hit> hits,
                                                  ports::Grant grant, ports::Seconds now,
                                                  Deadline) override {
    return table_.with([&](auto& table) { return table.hit(hits, grant, now); });
  }
  Result<std::monostate, ports::StoreFault> keep(std::span<const ports::Granted> granted,
                                                 Deadline) override {
    table_.with([&](auto& table) { table.keep(granted); });
    return std::monostate{};
  }
  void give_back(std::span<const ports::Granted> granted) noexcept override {
    table_.with([&](auto& table) { table.give_back(granted); });
  }
  Result<std::monostate, ports::StoreFault> clear(std::span<const std::string> counters,
                                                  Deadline) override {
    table_.with([&](auto& table) {
      for (const auto& counter : counters) table.clear(counter);
    });
    return std::monostate{};
  }

 private:
  Guarded<CounterTable> table_;
};

}  // namespace milterward::backends
