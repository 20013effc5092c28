// SPDX-License-Identifier: Apache-2.0
// conformance spf|arc-validate|arc-sign FILE.yml, conformance dkim DIRECTORY: runs a public
// test suite through every engine of ours, names the failing cases and closes with `N
// passed, N failed` (spf: for each engine). Exit 1 when one fails, 2 when the suite cannot
// be read.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "policy/auth/spf/native_checker.h"
#include "policy/backends/spf2_checker.h"
#include "policy/base/clock.h"
#include "tests/suites/arc_run.h"
#include "tests/suites/dkim_run.h"
#include "tests/suites/spf_suite.h"

namespace milterward::suites {
namespace {

constexpr std::chrono::seconds patience{20};
// Asking early must not cost strangers' name servers more than this.
constexpr double extra_questions_limit = 0.20;

struct Engine {
  std::string name;
  std::shared_ptr<const ports::SpfChecker> checker;
};

std::string fault_of(const SpfCase& c, const ports::SpfFinding& finding) {
  const std::string result{ports::to_text(finding.result)};
  if (std::ranges::find(c.results, result) == c.results.end())
    return fmt::format("want {}, got {} ({})", fmt::join(c.results, " or "), result,
                       finding.reason);
  if (c.has_explanation && finding.result == ports::SpfResult::fail &&
      finding.explanation != c.explanation)
    return fmt::format("want explanation '{}', got '{}'", c.explanation,
                       finding.explanation);
  return {};
}

struct Tally {
  int passed = 0;
  int failed = 0;
  std::size_t questions = 0;
};

Tally run(const Engine& engine, std::vector<SpfScenario>& scenarios) {
  Tally tally;
  for (auto& scenario : scenarios)
    for (const auto& c : scenario.cases) {
      scenario.zone.forget_questions();
      const auto deadline = Deadline::after(SystemClock{}, patience);
      const auto fault =
          fault_of(c, engine.checker->check(c.query, scenario.zone, deadline));
      tally.questions += scenario.zone.questions();
      ++(fault.empty() ? tally.passed : tally.failed);
      if (!fault.empty())
        fmt::print("FAILED {}: {} / {}: {}\n", engine.name, scenario.description, c.name,
                   fault);
    }
  return tally;
}

int run_spf(const std::string& path) {
  auto scenarios = read_spf_suite(path);
  std::vector<Engine> engines;
  engines.push_back({"native", std::make_shared<auth::NativeSpfChecker>()});
  const auto spf2 = backends::Spf2Checker::load();
  if (!spf2) throw std::runtime_error(spf2.fault());
  engines.push_back({"libspf2", *spf2});

  const Engine serial{"serial", std::make_shared<auth::NativeSpfChecker>(
                                    auth::SpfHost{.prefetch = auth::SpfPrefetch::off})};
  std::vector<Tally> tallies;
  for (const auto& engine : engines) tallies.push_back(run(engine, scenarios));
  const auto without = run(serial, scenarios).questions;
  const double extra =
      static_cast<double>(tallies.front().questions) / static_cast<double>(without) - 1;
  fmt::print("DNS questions: {} asked early, {} one after the other (+{:.1f} %)\n",
             tallies.front().questions, without, extra * 100);
  bool good = extra <= extra_questions_limit;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    fmt::print("{}: {} passed, {} failed\n", engines[i].name, tallies[i].passed,
               tallies[i].failed);
    good = good && tallies[i].failed == 0;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace milterward::suites

int main(int argc, char** argv) try {
  using Run = int (*)(const std::string& path);
  constexpr std::array<std::pair<std::string_view, Run>, 4> suites{{
      {"spf", milterward::suites::run_spf},
      {"dkim", milterward::suites::run_dkim},
      {"arc-validate", milterward::suites::run_arc_validation},
      {"arc-sign", milterward::suites::run_arc_sealing},
  }};
  if (argc == 3)
    for (const auto& [name, run] : suites)
      if (name == argv[1]) return run(argv[2]);
  fmt::print(stderr,
             "usage: tests/conformance spf|arc-validate|arc-sign FILE.yml\n"
             "       tests/conformance dkim DIRECTORY\n");
  return 2;
} catch (const std::exception& e) {
  fmt::print(stderr, "{}\n", e.what());
  return 2;
}
