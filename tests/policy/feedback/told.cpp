// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/feedback/told.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

namespace milterward::tests {
namespace {

std::string head_told(const feedback::Ingested& outcome) {
  const auto& report = outcome.value();
  const auto& head = feedback::head_of(report);
  return fmt::format("{} from {} <{}> id {} at {}+{}", to_text(feedback::kind_of(report)),
                     head.organisation, head.contact, head.report_id,
                     head.begin.time_since_epoch().count(),
                     (head.end - head.begin).count());
}

std::string row_told(const ports::AggregateRow& row) {
  std::string text =
      fmt::format("{} x{} as {} {}{}{}", row.source.text(), row.count, row.header_from,
                  to_text(row.disposition), row.dkim ? " dkim" : "", row.spf ? " spf" : "");
  for (const auto& reason : row.reasons) text += " because:" + reason;
  for (const auto& passed : row.dkim_passed)
    text += fmt::format(" d={}/{}", passed.domain, passed.selector);
  for (const auto& passed : row.spf_passed) text += " mfrom=" + passed;
  for (const auto& failed : row.dkim_failed) text += " dkim-not:" + failed;
  for (const auto& failed : row.spf_failed) text += " spf-not:" + failed;
  return text;
}

std::string body_told(const ports::AggregateReport& report) {
  std::string text = fmt::format(" about {} p={} sp={} messages {}", report.domain,
                                 report.policy, report.subdomains, report.messages());
  for (const auto& row : report.rows) text += "\n" + row_told(row);
  return text;
}

std::string body_told(const ports::TlsReport& report) {
  std::string text;
  for (const auto& policy : report.policies) {
    text += fmt::format("\n{} {} worked {} failed {}", policy.kind, policy.domain,
                        policy.worked, policy.failed);
    for (const auto& failure : policy.failures)
      text +=
          fmt::format("\n{} x{} at {}{}{}", failure.kind, failure.count, failure.exchange,
                      failure.reason.empty() ? "" : " ", failure.reason);
  }
  return text;
}

}  // namespace

std::string told(const feedback::IngestedPart& part) {
  std::string text = part.name.empty() ? "" : part.name + ": ";
  if (!part.outcome) return text + "refused: " + part.outcome.fault();
  text += head_told(part.outcome);
  text += std::visit([](const auto& report) { return body_told(report); }, *part.outcome);
  for (const auto& note : feedback::head_of(*part.outcome).notes) text += "\nnote: " + note;
  return text;
}

std::string told(const std::vector<feedback::IngestedPart>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : "\n") + told(part);
  return text;
}

std::string sample(const std::string& name) {
  std::ifstream file{MILTERWARD_TEST_CASES "/feedback/samples/" + name, std::ios::binary};
  BOOST_REQUIRE_MESSAGE(file, "no sample " + name);
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace milterward::tests
