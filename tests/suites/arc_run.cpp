// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/arc_run.h"

#include <fmt/format.h>

#include <chrono>

#include "policy/auth/arc/validation.h"
#include "policy/base/clock.h"
#include "tests/suites/arc_suite.h"

namespace milterward::suites {
namespace {

constexpr std::chrono::seconds patience{20};

auth::ArcFinding validated(const ArcCase& c, SpfZone& zone) {
  const SystemClock clock;
  auth::ArcValidation validation{c.headers, zone, clock};
  validation.body(c.body);
  return validation.finish(Deadline::after(clock, patience));
}

std::string fault_of_validation(const ArcCase& c, ArcScenario& scenario) {
  const auto finding = validated(c, scenario.zone);
  const std::string got{to_text(finding.result)};
  return got == c.status
             ? ""
             : fmt::format("want {}, got {} ({})", c.status, got, finding.reason);
}

template <class FaultOf>
int run(std::vector<ArcScenario> scenarios, FaultOf fault_of) {
  int passed = 0;
  int failed = 0;
  for (auto& scenario : scenarios)
    for (const auto& c : scenario.cases) {
      const auto fault = fault_of(c, scenario);
      ++(fault.empty() ? passed : failed);
      if (!fault.empty())
        fmt::print("FAILED {} / {}: {}\n", scenario.description, c.name, fault);
    }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int run_arc_validation(const std::string& path) {
  return run(read_arc_validation_suite(path), fault_of_validation);
}

}  // namespace milterward::suites
