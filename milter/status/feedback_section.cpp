// SPDX-License-Identifier: Apache-2.0
#include "milter/status/feedback_section.h"

#include <fmt/format.h>

#include "milter/status/blocks.h"
#include "milter/status/html.h"
#include "policy/base/unreachable.h"

namespace milterward::status {
namespace {

using feedback::NextStep;
using feedback::share;

constexpr std::size_t failing_shown = 10;  // sources of a domain

std::string advised(const feedback::Advice& advice) {
  switch (advice.next) {
    case NextStep::wait:
      return "wait for more reports";
    case NextStep::mend:
      return "<strong class=\"ill\">mend what does not pass</strong>";
    case NextStep::ask:
      return "find out whose the strangers are";
    case NextStep::quarantine:
      return "p=quarantine is safe";
    case NextStep::reject:
      return "p=reject is safe";
    case NextStep::stay:
      return "<span class=\"well\">stay</span>";
  }
  unreachable();
}

std::string reasons_of(const feedback::DomainPicture& picture) {
  std::string text = fmt::format("<p>Why, of {}:</p>\n<ul>", island(picture.domain.domain));
  for (const auto& reason : picture.advice.because)
    text += fmt::format("<li>{}</li>", html(reason, 1000));
  return text + "</ul>\n";
}

std::string failing_of(const feedback::DomainPicture& picture) {
  const auto failing = feedback::failing_sources(picture, failing_shown);
  if (failing.empty()) return {};
  std::vector<Cells> rows;
  for (const auto& source : failing)
    rows.push_back({island(source.address), std::to_string(source.messages),
                    share(source.passed, source.messages),
                    html(to_text(feedback::standing_of(source))),
                    html(feedback::trouble_of(source), 1000)});
  return table("Sources whose mail does not pass, in the name of " + picture.domain.domain,
               {"Source", "Messages", "Pass", "Stands", "What breaks"}, rows);
}

std::string domains_of(const std::vector<feedback::DomainPicture>& domains, Access access) {
  std::vector<Cells> rows;
  for (const auto& picture : domains) {
    const auto& one = picture.domain;
    rows.push_back({island(one.domain), html(one.policy.empty() ? "-" : one.policy),
                    std::to_string(one.messages), share(one.passed, one.messages),
                    share(one.dkim, one.messages), share(one.spf, one.messages),
                    fmt::format("{} of {}", one.reports, one.organisations),
                    std::to_string(one.uncounted), advised(picture.advice)});
  }
  auto text =
      table("Mail in the name of a domain, last 30 days, as its receivers report it",
            {"Domain", "Policy", "Messages", "Pass", "DKIM", "SPF", "Reports of receivers",
             "Not counted", "Next"},
            rows);
  for (const auto& picture : domains) {
    text += reasons_of(picture);
    if (access == Access::names_shown) text += failing_of(picture);
  }
  return text;
}

/// A report names servers by address where it knows no name.
std::string tls_of(const std::vector<ports::TlsFeedback>& domains, Access access) {
  std::vector<Cells> rows;
  std::vector<Cells> failures;
  for (const auto& one : domains) {
    const auto all = one.worked + one.failed;
    rows.push_back({island(one.domain), std::to_string(all), share(one.worked, all),
                    fmt::format("{} of {}", one.reports, one.organisations),
                    std::to_string(one.uncounted)});
    for (const auto& failure : one.failures)
      failures.push_back(
          {island(one.domain), html(failure.kind),
           access == Access::names_shown ? island(failure.exchange) : "hidden",
           std::to_string(failure.count)});
  }
  auto text =
      table("Sessions with our mail servers, last 30 days, as senders report them",
            {"Domain", "Sessions", "With TLS", "Reports of senders", "Not counted"}, rows);
  if (!failures.empty())
    text +=
        table("What failed of TLS", {"Domain", "Failure", "Server", "Sessions"}, failures);
  return text;
}

}  // namespace

std::string feedback_content(const ShownReports& reports, Access access) {
  if (!reports.fault.empty())
    return fmt::format("<p>There is nothing to show: {}.</p>\n", html(reports.fault, 1000));
  const auto& picture = reports.picture;
  if (picture.empty()) return "<p>No report of the last 30 days is known.</p>\n";
  std::string text;
  if (!picture.domains.empty()) text += domains_of(picture.domains, access);
  if (!picture.tls.empty()) text += tls_of(picture.tls, access);
  return text;
}

}  // namespace milterward::status
