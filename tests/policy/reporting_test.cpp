// SPDX-License-Identifier: Apache-2.0
// What a message adds to the reports about its author's domain, and when it adds nothing.
#include "policy/reporting.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"

namespace milterward::tests {
namespace {

using auth::DmarcPolicy;
using auth::DmarcResult;

struct KeptRows final : ports::ReportRows {
  void note(std::unique_ptr<const ports::ReportDraft> draft) noexcept override {
    entries.push_back(draft->write());
  }
  std::vector<ports::ReportEntry> entries;
};

auth::DmarcFinding finding(DmarcResult result, DmarcPolicy policy = DmarcPolicy::reject) {
  auth::DmarcFinding found;
  found.result = result;
  found.author_domain = *Domain::parse("news.bank.test");
  found.policy_domain = found.organizational_domain = *Domain::parse("bank.test");
  found.published = found.policy = policy;
  found.record.emplace();
  found.record->p = policy;
  found.record->rua = {"mailto:in@bank.test"};
  return found;
}

struct ReportingHost {
  explicit ReportingHost(std::string_view keys = "inbound.mode=enforce") {
    services.config = std::make_shared<const conf::Config>(configuration(keys));
    services.clock = std::make_shared<const FakeClock>();
    services.report_rows = rows;
    facts.client = IpAddress::parse("203.0.113.5").value();
    facts.mail_from = "Ceo@Bank.test";
    facts.author_domains = {"news.bank.test"};
    facts.dmarc_domain = "news.bank.test";
    facts.spf = ports::SpfResult::softfail;
    facts.spf_domain = "bank.test";
    facts.dkim = {{ports::DkimResult::fail, "bank.test", "s1", "rsa-sha256"}};
  }
  /// The row, or "nothing".
  std::string note(const auth::DmarcFinding& found) {
    facts.dmarc = found.result;
    facts.dmarc_policy = found.policy;
    facts.dmarc_published = found.published;
    note_for_reports(services, found, facts, decide(facts, *services.config));
    return rows->entries.empty() ? "nothing" : rows->entries.back().row;
  }
  std::shared_ptr<KeptRows> rows = std::make_shared<KeptRows>();
  Services services;
  rules::MessageFacts facts;
};

constexpr auto dkim_and_spf = "\ndkim\tbank.test\ts1\tfail\nspf\tbank.test\tsoftfail";

BOOST_AUTO_TEST_SUITE(reporting)

BOOST_AUTO_TEST_CASE(a_fail_is_told_with_what_came_of_it) {
  ReportingHost host{"inbound.mode=enforce dmarc.reject=always dmarc.on_reject=reject"};
  BOOST_TEST(
      host.note(finding(DmarcResult::fail)) ==
      std::string{"row\t203.0.113.5\treject\tfail\tfail\tnews.bank.test\tbank.test"} +
          dkim_and_spf);
  const auto& entry = host.rows->entries.front();
  BOOST_TEST(entry.domain == "bank.test");
  BOOST_TEST(entry.policy ==
             "policy\tbank.test\treject\treject\treject\tr\tr\t0\tn\ttreewalk");
  BOOST_TEST(entry.uris.front() == "mailto:in@bank.test");
}

BOOST_AUTO_TEST_CASE(a_milder_outcome_has_its_reason) {
  ReportingHost host{"inbound.mode=monitor"};
  BOOST_TEST(
      host.note(finding(DmarcResult::fail))
          .starts_with("row\t203.0.113.5\tnone\tfail\tfail\tnews.bank.test\tbank.test\n"
                       "reason\tlocal_policy\t"));
}

BOOST_AUTO_TEST_CASE(a_pass_counts_as_one_where_something_is_asked_for) {
  ReportingHost host;
  auto passed = finding(DmarcResult::pass);
  passed.spf_is_aligned = true;
  BOOST_TEST(host.note(passed).starts_with("row\t203.0.113.5\tpass\tfail\tpass\t"));
  passed.published = passed.policy = DmarcPolicy::none;
  BOOST_TEST(host.note(passed).starts_with("row\t203.0.113.5\tnone\tfail\tpass\t"));
}

BOOST_AUTO_TEST_CASE(what_is_to_come_back_later_is_counted_when_it_has_come) {
  ReportingHost host{"inbound.mode=enforce dmarc.on_temperror=defer"};
  BOOST_TEST(host.note(finding(DmarcResult::temperror)) == "nothing");
  ReportingHost lenient{"inbound.mode=enforce dmarc.on_temperror=accept"};
  BOOST_TEST(lenient.note(finding(DmarcResult::temperror))
                 .find("reason\tother\tDNS did not answer") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_that_nobody_knows_is_not_told_of) {
  ReportingHost host;
  host.facts.client_is_upstream = true;  // and its Received line says nothing
  BOOST_TEST(host.note(finding(DmarcResult::fail)) == "nothing");
}

BOOST_AUTO_TEST_CASE(nobody_is_told_who_has_not_asked) {
  AuthResults results;
  BOOST_TEST(!to_be_reported(results));
  results.dmarc = {finding(DmarcResult::pass)};
  BOOST_TEST(to_be_reported(results).has_value());
  results.dmarc.front().record->rua.clear();
  BOOST_TEST(!to_be_reported(results));
  results.dmarc.front().record.reset();
  BOOST_TEST(!to_be_reported(results));
}

BOOST_AUTO_TEST_CASE(of_several_authors_the_strictest_one_is_told_of) {
  AuthResults results;
  auto other = finding(DmarcResult::fail, DmarcPolicy::quarantine);
  other.author_domain = *Domain::parse("other.test");
  results.dmarc = {finding(DmarcResult::pass), other};
  BOOST_TEST(to_be_reported(results)->author_domain.name() == "other.test");
}

BOOST_AUTO_TEST_CASE(a_report_that_came_back_is_known_by_its_mark) {
  ReportingHost host;
  note_returned_report(host.services, "<d41d8cn1p1.0123abcd@mx.test>");
  BOOST_TEST(host.rows->entries.back().returned == "0123abcd");
  host.rows->entries.clear();
  for (const auto* other : {"", "<>", "<nothing@mx.test>", "<d41d8cn1p1.@mx.test>"})
    note_returned_report(host.services, other);
  BOOST_TEST(host.rows->entries.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
