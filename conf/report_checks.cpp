// SPDX-License-Identifier: Apache-2.0
#include "conf/report_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "policy/mail/address.h"

namespace milterward::conf {
namespace {

/// Keys may also come by sign.directory or from the database; whether one is there then is
/// not known here.
bool may_sign(const Config& config, const Domain& domain) {
  if (!config.sign.directory.empty() || !config.directory.sql.key_query.empty())
    return true;
  return std::ranges::any_of(config.sign.keys, [&](const SigningKey& key) {
    return key.domain == domain || (key.subdomains && domain.is_within(key.domain));
  });
}

}  // namespace

std::vector<Finding> check_report(const Config& config) {
  using namespace std::chrono_literals;
  const auto& report = config.report;
  std::vector<Finding> found;
  if (24h % report.every != 0ms || report.every % 1h != 0ms)
    found.push_back({Severity::error, "report.every", "does not divide a day into hours",
                     "write \"24h\", \"12h\", \"8h\", \"6h\", \"4h\", \"3h\", \"2h\" or "
                     "\"1h\""});
  if (24h % report.failure.every != 0ms)
    found.push_back({Severity::error, "report.failure_every", "does not divide a day",
                     "write for example \"15m\" or \"1h\""});
  if (!report.sends_anything()) return found;
  if (report.smtp.empty())
    found.push_back({Severity::error, "report.smtp", "is empty",
                     "say which mail server takes reports"});
  if (report.from.empty()) {
    found.push_back({Severity::error, report.sends ? "report.send" : "report.failure",
                     "nobody is named to send reports", "name an address in report.from"});
    return found;
  }
  const auto from = Domain::parse(claimed_sender(report.from).domain_text);
  if (!from)
    found.push_back({Severity::error, "report.from", "its domain cannot be one",
                     "write for example \"dmarc-reports@example.org\""});
  else if (!may_sign(config, *from))
    found.push_back(
        {Severity::warning, "report.from",
         fmt::format("no key signs for {}, so reports do not pass DMARC", from->name()),
         "add one in [[sign.key]], or name an address of a domain that has "
         "one"});
  return found;
}

}  // namespace milterward::conf
