// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with how a domain sends and receives mail, as far as DNS and our
// configuration show it.
#pragma once

#include <chrono>

#include "policy/doctor/examination.h"
#include "policy/doctor/exchanges.h"

namespace milterward::doctor {

struct DomainReport {
  Findings findings;
  std::vector<MailHost> exchangers;  // hosts that take its mail, most wanted first

  bool is_healthy() const noexcept {
    return count(findings, Severity::fault) == 0 && count(findings, Severity::unknown) == 0;
  }
};

/// Waits for DNS, `patience` at most for each question that nobody answers.
DomainReport examine_domain(const Patient& patient, ports::Resolver& dns,
                            const Clock& clock, std::chrono::milliseconds patience);

}  // namespace milterward::doctor
