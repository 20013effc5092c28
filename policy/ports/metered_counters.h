// SPDX-License-Identifier: Apache-2.0
// Counters that say how long they took, and whether they answered.
#pragma once

#include <memory>
#include <utility>

#include "policy/base/clock.h"
#include "policy/ports/counters.h"
#include "policy/ports/metrics.h"

namespace milterward::ports {

class MeteredCounters final : public Counters {
 public:
  MeteredCounters(std::shared_ptr<Counters> counters, std::shared_ptr<Metrics> metrics,
                  std::shared_ptr<const Clock> clock)
      : counters_(std::move(counters)),
        metrics_(std::move(metrics)),
        clock_(std::move(clock)) {}

  Result<HitResult, StoreFault> hit(std::span<const Hit> hits, Grant grant, Seconds now,
                                    Deadline deadline) override;
  Result<std::monostate, StoreFault> keep(std::span<const Granted> granted,
                                          Deadline deadline) override;
  void give_back(std::span<const Granted> granted) noexcept override;
  Result<std::monostate, StoreFault> clear(std::span<const std::string> counters,
                                           Deadline deadline) override;

 private:
  void note(std::string_view operation, bool answered, SteadyTime began) noexcept;

  const std::shared_ptr<Counters> counters_;
  const std::shared_ptr<Metrics> metrics_;
  const std::shared_ptr<const Clock> clock_;
};

}  // namespace milterward::ports
