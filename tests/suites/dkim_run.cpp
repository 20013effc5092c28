// SPDX-License-Identifier: Apache-2.0
#include "tests/suites/dkim_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

#include "policy/auth/dkim/native_verifier.h"
#include "policy/backends/opendkim_engine.h"
#include "policy/base/clock.h"
#include "policy/base/unreachable.h"
#include "tests/suites/dkim_suite.h"

namespace milterward::suites {
namespace {

constexpr std::chrono::seconds dkim_patience{20};

struct DkimEngine {
  std::string name;
  std::shared_ptr<const ports::DkimVerifier> verifier;
};

std::vector<ports::DkimFinding> findings_of(const DkimEngine& engine, SpfZone& zone,
                                            const MessageText& message) {
  const SystemClock clock;
  const auto verification = engine.verifier->begin(message.headers, zone, clock);
  if (!message.body.empty()) verification->body(message.body);
  return verification->finish(Deadline::after(clock, dkim_patience));
}

std::string brief(const std::vector<ports::DkimFinding>& findings) {
  std::string text;
  for (const auto& finding : findings)
    text += fmt::format("{}{} d={} s={}{}{}", text.empty() ? "" : "; ",
                        ports::to_text(finding.result), finding.domain, finding.selector,
                        finding.reason.empty() ? "" : " ", finding.reason);
  return text.empty() ? "no signature" : text;
}

bool is_as_expected(DkimExpectation want, const std::vector<ports::DkimFinding>& findings) {
  const bool passes = std::ranges::any_of(findings, [](const auto& finding) {
    return finding.result == ports::DkimResult::pass;
  });
  switch (want) {
    case DkimExpectation::pass:
      return passes;
    case DkimExpectation::fail:
      return !passes;
    case DkimExpectation::either:
      return true;
  }
  unreachable();
}

/// How many failed.
int run(const DkimEngine& engine, DkimSuite& suite) {
  int passed = 0;
  int failed = 0;
  for (const auto& c : suite.cases) {
    const auto findings = findings_of(engine, suite.zone, c.message);
    const bool good = is_as_expected(c.want, findings);
    ++(good ? passed : failed);
    if (!good)
      fmt::print("FAILED {}: {}: {}: got {}\n", engine.name, c.file, c.note,
                 brief(findings));
  }
  fmt::print("{}: {} passed, {} failed\n", engine.name, passed, failed);
  return failed;
}

}  // namespace

int run_dkim(const std::string& directory) {
  auto suite = read_dkim_suite(directory);
  const auto module = backends::open_opendkim_module();
  if (!module) throw std::runtime_error(module.fault().wrong);
  const std::vector<DkimEngine> engines{
      {"native", std::make_shared<auth::NativeDkimVerifier>(conf::BodyLength::whole)},
      {"libopendkim", (*module)->make_engine(conf::BodyLength::whole).verifier}};
  int failed = 0;
  for (const auto& engine : engines) failed += run(engine, suite);
  return failed == 0 ? 0 : 1;
}

}  // namespace milterward::suites
