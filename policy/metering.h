// SPDX-License-Identifier: Apache-2.0
// Decisions and steps on their way into the metrics (policy/ports/metrics.h): which words
// are counted, from which facts. Some microseconds at most, in the thread that serves.
#pragma once

#include <chrono>

#include "policy/decide.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

/// Nothing where there are no metrics.
void count_decision(const Services& services, const rules::SenderFacts& facts,
                    const Decision& decision) noexcept;
void count_decision(const Services& services, const rules::RecipientFacts& facts,
                    const Decision& decision) noexcept;
/// `latency` is from MAIL to the verdict.
void count_message(const Services& services, const rules::MessageFacts& facts,
                   const Decision& decision, std::chrono::microseconds latency) noexcept;

/// Measures one step, from its making to its end.
class StageWatch {
 public:
  StageWatch(const Services& services, ports::Stage stage) noexcept
      : services_(services), stage_(stage) {
    if (services_.metrics) began_ = services_.clock->now();
  }
  ~StageWatch();
  StageWatch(const StageWatch&) = delete;
  StageWatch& operator=(const StageWatch&) = delete;

 private:
  const Services& services_;
  const ports::Stage stage_;
  SteadyTime began_{};
};

}  // namespace milterward
