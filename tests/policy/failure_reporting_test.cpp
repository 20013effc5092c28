// SPDX-License-Identifier: Apache-2.0
// What a message adds to failure reports, of which messages none does, and that a host
// which sends none looks at a key and no further.
#include "policy/failure_reporting.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "policy/auth/spf/native_checker.h"
#include "tests/support/configuration.h"
#include "tests/support/contains.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::tests {
namespace {

using auth::DmarcResult;
using ports::DkimResult;
using ports::SpfResult;

struct KeptFailures final : ports::ReportRows {
  void note(std::unique_ptr<const ports::ReportDraft> draft) noexcept override {
    entries.push_back(draft->write());
  }
  std::vector<ports::ReportEntry> entries;
};

constexpr auto reporting_keys =
    "report.failure=asked report.from=dmarc@home.test inbound.mode=enforce "
    "dmarc.reject=always dmarc.on_reject=reject";

struct FailureHost {
  explicit FailureHost(std::string_view keys = reporting_keys) {
    services.config = std::make_shared<const conf::Config>(configuration(keys));
    services.clock = std::make_shared<const FakeClock>();
    services.dns = dns;
    services.report_rows = rows;
    services.authserv_id = "mx.home.test";
    facts.client = client.address = IpAddress::parse("203.0.113.5").value();
    facts.mail_from = "Ceo@bank.test";
    facts.author_domains = {"news.bank.test"};
    facts.recipients = {"bob@home.test"};
    facts.recipient_count = 1;

    auth::DmarcFinding dmarc;
    dmarc.result = DmarcResult::fail;
    dmarc.author_domain = *Domain::parse("news.bank.test");
    dmarc.policy_domain = dmarc.organizational_domain = *Domain::parse("bank.test");
    dmarc.record = auth::parse_dmarc_record(
                       "v=DMARC1; p=none; ruf=mailto:f@bank.test,mailto:g@bank.test!10m")
                       .value();
    results.dmarc = {dmarc};
    results.mail_from.result = SpfResult::softfail;
    results.mail_from.domain = "bank.test";
    results.mail_from.steps = {
        {0,
         "",
         "bank.test",
         ports::DnsType::txt,
         "found",
         0,
         0,
         {"v=spf1 a:mail.bank.test ~all"}},
        {0, "a:mail.bank.test", "mail.bank.test", ports::DnsType::a, "found", 1, 0, {}},
        {1,
         "include:spf.shop.test",
         "spf.shop.test",
         ports::DnsType::txt,
         "timed_out",
         2,
         0,
         {}}};
    results.dkim = {signature("lists.test", "l1", DkimResult::fail),
                    signature("bank.test", "s1", DkimResult::fail)};
    results.dkim.back().identity = "ann@bank.test";
    headers = {{"From", " Ann <ann@news.bank.test>"},
               {"To", " bob@home.test"},
               {"Subject", " secret"},
               {"Message-ID", " <1@bank.test>"}};
  }

  static ports::DkimFinding signature(const std::string& domain,
                                      const std::string& selector, DkimResult result) {
    ports::DkimFinding finding;
    finding.result = result;
    finding.domain = domain;
    finding.selector = selector;
    finding.reason = "signature did not verify";
    return finding;
  }

  /// What our engine finds there of ceo@bank.test.
  void check_spf(std::string_view zone) {
    FakeResolver spf{zone};
    const FakeClock clock;
    results.mail_from = auth::NativeSpfChecker{}.check(
        {ports::SpfIdentity::mail_from, client.address, "mail.test", "ceo", "bank.test"},
        spf, Deadline::after(clock, std::chrono::seconds{5}));
  }

  auth::DmarcFinding& dmarc() { return results.dmarc.front(); }
  bool is_told() {
    return failure_to_report(services, results, client, facts, headers).has_value();
  }
  /// What would be written down.
  ports::ReportEntry entry() {
    auto failure = failure_to_report(services, results, client, facts, headers);
    BOOST_REQUIRE(failure.has_value());
    facts.dmarc = dmarc().result;
    facts.dmarc_policy = facts.dmarc_published = dmarc().published;
    note_failure(services, std::move(*failure), headers, facts,
                 decide(facts, *services.config));
    return rows->entries.empty() ? ports::ReportEntry{} : rows->entries.back();
  }

  std::shared_ptr<KeptFailures> rows = std::make_shared<KeptFailures>();
  std::shared_ptr<FakeResolver> dns = std::make_shared<FakeResolver>();
  Services services;
  ExaminedClient client;
  rules::MessageFacts facts;
  AuthResults results;
  RawHeaders headers;
};

BOOST_AUTO_TEST_SUITE(failure_reporting)

BOOST_AUTO_TEST_CASE(a_failure_is_told_without_the_people_in_it) {
  FailureHost host;
  const auto entry = host.entry();
  BOOST_TEST((entry.kind == ports::ReportKind::failure));
  BOOST_TEST(entry.domain == "bank.test");
  const std::vector<std::string> uris{"mailto:f@bank.test", "mailto:g@bank.test"};
  BOOST_TEST(entry.uris == uris, boost::test_tools::per_element());
  BOOST_TEST(
      entry.policy ==
      "failure\tdmarc\tdkim, spf\tdelivered\t203.0.113.5\tnews.bank.test\tbank.test\t"
      "spf=softfail lists.test/l1=fail bank.test/s1=fail");
  for (const auto* want :
       {"Auth-Failure: dmarc\r\n", "Source-IP: 203.0.113.5\r\n",
        "Reported-Domain: news.bank.test\r\n", "DKIM-Domain: bank.test\r\n",
        "DKIM-Selector: s1\r\n", "Reporting-MTA: dns; mx.home.test\r\n",
        "SPF-DNS: txt : bank.test : \"v=spf1 a:mail.bank.test ~all\"\r\n",
        "Message-ID: <1@bank.test>\r\n", "spf=softfail"})
    BOOST_TEST(contains(entry.example, want), want << " in " << entry.example);
  for (const auto* person :
       {"nn@", "Ann", "eo@", "bob", "secret", "Subject", "exp", "iprev"})
    BOOST_TEST(!contains(entry.example, person), person << " in " << entry.example);
}

BOOST_AUTO_TEST_CASE(fields_are_shown_when_the_postmaster_says_so) {
  FailureHost host;
  auto config = configuration_from(
      "[report]\nfailure = \"asked\"\nfrom = \"dmarc@home.test\"\n"
      "failure_local_parts = \"removed\"\nfailure_fields = [\"Subject\", \"To\"]\n");
  host.services.config = std::make_shared<const conf::Config>(std::move(config));
  const auto entry = host.entry();
  BOOST_TEST(
      contains(entry.example, "\r\n\r\nTo: <redacted@home.test>\r\nSubject: secret\r\n"),
      entry.example);
  BOOST_TEST(contains(entry.example, "Original-Mail-From: <redacted@bank.test>\r\n"));
  BOOST_TEST(contains(entry.example, "DKIM-Identity: redacted@bank.test\r\n"));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_as_one) {
  FailureHost host;
  host.dmarc().published = host.dmarc().policy = auth::DmarcPolicy::reject;
  BOOST_TEST(contains(host.entry().example, "Delivery-Result: reject\r\n"));
}

BOOST_AUTO_TEST_CASE(spf_alone_failed) {
  FailureHost host;
  host.dmarc().record->fo = {false, false, false, true};
  host.dmarc().result = DmarcResult::pass;
  host.dmarc().dkim_is_aligned = true;
  host.results.dkim = {FailureHost::signature("lists.test", "l1", DkimResult::fail),
                       FailureHost::signature("bank.test", "s1", DkimResult::pass)};
  const auto entry = host.entry();
  BOOST_TEST(contains(entry.example, "Auth-Failure: spf\r\nIdentity-Alignment: spf\r\n"));
  BOOST_TEST(contains(entry.example, "SPF-DNS: txt : bank.test"));
  BOOST_TEST(!contains(entry.example, "DKIM-Domain"));
}

BOOST_AUTO_TEST_CASE(dkim_alone_failed) {
  FailureHost host;
  host.dmarc().record->fo = {false, false, true, false};
  host.dmarc().result = DmarcResult::pass;
  host.dmarc().spf_is_aligned = true;
  host.results.mail_from.result = SpfResult::pass;
  const auto entry = host.entry();
  BOOST_TEST(
      contains(entry.example, "Auth-Failure: signature\r\nIdentity-Alignment: dkim\r\n"));
  BOOST_TEST(!contains(entry.example, "SPF-DNS"));
  BOOST_TEST(contains(entry.example, "DKIM-Domain: bank.test\r\n"));
}

BOOST_AUTO_TEST_CASE(only_what_failed_is_told_where_the_key_says_so) {
  FailureHost host{"report.failure=failed report.from=dmarc@home.test"};
  BOOST_TEST(host.is_told());
  host.dmarc().record->fo = {false, true, false, false};
  host.dmarc().result = DmarcResult::pass;
  host.dmarc().dkim_is_aligned = true;
  BOOST_TEST(!host.is_told());
  FailureHost open;
  open.dmarc() = host.dmarc();
  BOOST_TEST(open.is_told());
}

/// RFC 9991 wants SPF-DNS where SPF is what failed: no cache may stand in the way.
BOOST_AUTO_TEST_CASE(records_of_spf_are_those_it_read_and_dns_is_not_asked_again) {
  FailureHost host;
  BOOST_TEST(contains(host.entry().example, "SPF-DNS: txt : bank.test : "));
  BOOST_TEST(host.dns->asked().empty());
}

BOOST_AUTO_TEST_CASE(a_macro_does_not_tell_who_sent) {
  FailureHost host;
  host.results.mail_from.steps.push_back({0,
                                          "include:%{l}.%{d1r}._spf.bank.test",
                                          "ceo.bank._spf.bank.test",
                                          ports::DnsType::txt,
                                          "found",
                                          1,
                                          0,
                                          {"v=spf1 -all"}});
  host.results.mail_from.reason = "DNS timed_out for A ceo.bank._spf.bank.test";
  const auto entry = host.entry();
  BOOST_TEST(contains(entry.example,
                      "SPF-DNS: txt : redacted.redacted._spf.bank.test : \"v=spf1 -all\""),
             entry.example);
  BOOST_TEST(!contains(entry.example, "ceo"), entry.example);
}

BOOST_AUTO_TEST_CASE(a_macro_further_on_does_not_tell_who_sent) {
  FailureHost host;
  host.check_spf(
      "bank.test TXT v=spf1 include:%{l}._spf.bank.test ~all\n"
      "ceo._spf.bank.test TXT v=spf1 include:y.%{d} redirect=_r.%{d}\n"
      "y.ceo._spf.bank.test TXT v=spf1 ?exists:%{d}\n"
      "_r.ceo._spf.bank.test TXT v=spf1 include:z.%{d} -all\n"
      "z._r.ceo._spf.bank.test TXT v=spf1 -all\n");
  BOOST_TEST((host.results.mail_from.result == SpfResult::softfail));
  const auto entry = host.entry();
  for (const auto* want :
       {"SPF-DNS: txt : redacted._spf.bank.test :", "SPF-DNS: txt : y.redacted :",
        "SPF-DNS: txt : _r.redacted :", "SPF-DNS: txt : z.redacted :"})
    BOOST_TEST(contains(entry.example, want), want << " in " << entry.example);
  BOOST_TEST(!contains(entry.example, "ceo"), entry.example);
}

BOOST_AUTO_TEST_CASE(an_explanation_is_no_record) {
  FailureHost host;
  host.check_spf(
      "bank.test TXT v=spf1 -all exp=%{l}.why.bank.test\n"
      "ceo.why.bank.test TXT v=spf1 is no explanation\n");
  BOOST_TEST(host.results.mail_from.explanation == "v=spf1 is no explanation");
  const auto entry = host.entry();
  BOOST_TEST(contains(entry.example, "SPF-DNS: txt : bank.test :"), entry.example);
  BOOST_TEST(!contains(entry.example, "is no explanation"), entry.example);
  BOOST_TEST(!contains(entry.example, "ceo"), entry.example);
}

BOOST_AUTO_TEST_CASE(of_two_records_the_owner_sees_both) {
  FailureHost host;
  host.check_spf(
      "bank.test TXT v=spf10 is another\n"
      "bank.test TXT v=spf1 a -all\n"
      "bank.test TXT v=spf1 mx -all\n");
  BOOST_TEST((host.results.mail_from.result == SpfResult::permerror));
  const auto entry = host.entry();
  for (const auto* want :
       {"bank.test : \"v=spf1 a -all\"", "bank.test : \"v=spf1 mx -all\""})
    BOOST_TEST(contains(entry.example, want), want << " in " << entry.example);
  BOOST_TEST(!contains(entry.example, "v=spf10"), entry.example);
}

BOOST_AUTO_TEST_CASE(nothing_is_told_while_the_key_is_off) {
  FailureHost host;
  host.services.config = std::make_shared<const conf::Config>(
      configuration_from("[report]\nsend = true\nfrom = \"dmarc@home.test\"\n"));
  BOOST_TEST(!host.is_told());
  BOOST_TEST(FailureHost{}.is_told());
}

BOOST_AUTO_TEST_CASE(nothing_is_told_where_nobody_asks_or_the_client_is_not_known) {
  FailureHost host;
  host.dmarc().record->ruf.clear();
  BOOST_TEST(!host.is_told());
  FailureHost unknown;
  unknown.client = {};
  BOOST_TEST(!unknown.is_told());
  FailureHost none;
  none.results.dmarc.clear();
  BOOST_TEST(!none.is_told());
}

BOOST_AUTO_TEST_CASE(what_is_to_come_back_later_is_told_when_it_has_come) {
  FailureHost host{
      "report.failure=asked report.from=dmarc@home.test inbound.mode=enforce "
      "dmarc.reject=always dmarc.on_reject=defer"};
  host.dmarc().published = host.dmarc().policy = auth::DmarcPolicy::reject;
  host.entry();
  BOOST_TEST(host.rows->entries.empty());
}

BOOST_AUTO_TEST_CASE(no_report_tells_of_a_report) {
  BOOST_TEST(FailureHost{}.is_told());
  const auto is_told_with = [](const RawHeader& field) {
    FailureHost host;
    host.headers.push_back(field);
    return host.is_told();
  };
  BOOST_TEST(!is_told_with({"Auto-Submitted", " auto-generated"}));
  BOOST_TEST(!is_told_with({"auto-submitted", " Auto-Replied; owner-email=\"a@b.test\""}));
  BOOST_TEST(is_told_with({"Auto-Submitted", " no"}));
  BOOST_TEST(is_told_with({"Auto-Submitted", " No ; x=y"}));
  BOOST_TEST(
      !is_told_with({"Content-Type", " multipart/report; report-type=feedback-report"}));
  BOOST_TEST(!is_told_with({"Content-type", "\r\n\tMultipart/Report;\r\n boundary=x"}));
  BOOST_TEST(is_told_with({"Content-Type", " multipart/mixed; boundary=x"}));
  const auto is_told_from = [](const std::string& sender, const std::string& recipient) {
    FailureHost host;
    host.facts.mail_from = sender;
    host.facts.recipients = {recipient};
    return host.is_told();
  };
  BOOST_TEST(!is_told_from("", "bob@home.test"));
  BOOST_TEST(!is_told_from("DMARC@home.test", "bob@home.test"));
  BOOST_TEST(!is_told_from("ann@bank.test", "dmarc@HOME.test"));
  BOOST_TEST(is_told_from("ann@bank.test", "bob@home.test"));
}

BOOST_AUTO_TEST_CASE(incidents_are_equal_where_people_alone_differ) {
  FailureHost host;
  const auto first = host.entry();
  host.facts.mail_from = "other@bank.test";
  host.headers.front().value = " Other <other@news.bank.test>";
  BOOST_TEST(host.entry().policy == first.policy);
  host.facts.client = host.client.address = IpAddress::parse("203.0.113.6").value();
  BOOST_TEST(host.entry().policy != first.policy);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
