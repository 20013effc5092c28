// SPDX-License-Identifier: Apache-2.0
// DMARC results: the cases of auth/dmarc/evaluate.cases.
#include "policy/auth/dmarc/evaluate.h"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "policy/auth/dmarc/authres.h"
#include "tests/support/cases.h"
#include "tests/support/fake_resolver.h"

namespace milterward::auth {
namespace {

using tests::Case;
using tests::FakeResolver;
using tests::read_cases;

const Deadline no_hurry{SteadyTime::max()};

/// "pass home.test": the enumerator of that name, and the domain.
template <class Finding, class Result, std::size_t Count>
Finding finding_of(const std::string& text, const Result (&results)[Count]) {
  const auto blank = text.find(' ');
  for (const auto result : results) {
    if (ports::to_text(result) != text.substr(0, blank)) continue;
    Finding finding;
    finding.result = result;
    if (blank != std::string::npos) finding.domain = text.substr(blank + 1);
    return finding;
  }
  throw std::runtime_error("no result: " + text);
}

ports::SpfFinding spf_of(const Case& c) {
  using ports::SpfResult;
  return finding_of<ports::SpfFinding>(
      c.get("spf", "none"),
      {SpfResult::none, SpfResult::neutral, SpfResult::pass, SpfResult::fail,
       SpfResult::softfail, SpfResult::temperror, SpfResult::permerror});
}

std::vector<ports::DkimFinding> dkim_of(const Case& c) {
  using ports::DkimResult;
  std::vector<ports::DkimFinding> findings;
  for (const auto& text : c.all("dkim"))
    findings.push_back(finding_of<ports::DkimFinding>(
        text, {DkimResult::none, DkimResult::pass, DkimResult::fail, DkimResult::policy,
               DkimResult::neutral, DkimResult::permerror, DkimResult::temperror}));
  return findings;
}

std::vector<DmarcFinding> findings_of(const Case& c, ports::Resolver& dns) {
  const auto discovery = c.get("discovery") == "psl" ? conf::DmarcDiscovery::psl
                                                     : conf::DmarcDiscovery::treewalk;
  std::vector<DmarcFinding> findings;
  for (const auto& domain : c.all("from")) {
    DmarcCheck check{Domain::parse(domain).value(), dns, discovery};
    findings.push_back(check.finish(spf_of(c), dkim_of(c), no_hurry));
  }
  return findings;
}

/// "pass via mail.home.test (spf)", "fail: apply quarantine, p=reject of home.test",
/// "temperror: <why>", "none: <why>"
std::string brief(const DmarcFinding& finding) {
  switch (finding.result) {
    case DmarcResult::pass:
      return fmt::format("pass via {} ({}{}{})", finding.aligned_domain.name(),
                         finding.spf_is_aligned ? "spf" : "",
                         finding.spf_is_aligned && finding.dkim_is_aligned ? " " : "",
                         finding.dkim_is_aligned ? "dkim" : "");
    case DmarcResult::fail:
      return fmt::format("fail: apply {}, {}={} of {}", to_text(finding.policy),
                         to_text(finding.tag), to_text(finding.published),
                         finding.policy_domain.name());
    case DmarcResult::none:
    case DmarcResult::temperror:
    case DmarcResult::permerror:
      return fmt::format("{}: {}", to_text(finding.result), finding.reason);
  }
  return "";
}

BOOST_AUTO_TEST_SUITE(dmarc_results)

BOOST_DATA_TEST_CASE(evaluates, read_cases("auth/dmarc/evaluate.cases"), c) {
  FakeResolver dns{c.get("dns")};
  const auto findings = findings_of(c, dns);
  const auto* finding = strictest(findings);
  BOOST_TEST_REQUIRE(finding != nullptr);
  BOOST_TEST(brief(*finding) == c["want"]);
  if (c.has("org")) BOOST_TEST(finding->organizational_domain.name() == c["org"]);
  if (c.has("author")) BOOST_TEST(finding->author_domain.name() == c["author"]);
  if (c.has("questions")) BOOST_TEST(std::to_string(dns.asked().size()) == c["questions"]);
}

BOOST_AUTO_TEST_CASE(no_author_domain_has_no_strictest_finding) {
  BOOST_TEST(strictest({}) == nullptr);
}

BOOST_AUTO_TEST_CASE(four_domains_that_pass_do_not_vouch_for_a_fifth) {
  std::vector<DmarcFinding> findings(author_domain_limit);
  for (auto& finding : findings) finding.result = DmarcResult::pass;
  findings.push_back(unexamined(Domain::parse("bank.test").value()));
  BOOST_TEST((strictest(findings)->result == DmarcResult::permerror));
  BOOST_TEST(strictest(findings)->author_domain.name() == "bank.test");
}

BOOST_AUTO_TEST_CASE(all_questions_about_the_author_are_asked_at_once) {
  FakeResolver dns;
  const DmarcCheck check{Domain::parse("a.home.test").value(), dns};
  BOOST_TEST(dns.asked().size() == 3U);
}

/// Everything a message asks for, each in turn timing out: what passes without a fault may
/// pass or be a temperror, but never turn into a fail.
BOOST_AUTO_TEST_CASE(no_time_out_makes_a_fail_of_a_pass) {
  const std::string zone =
      "_dmarc.example TXT v=DMARC1; p=reject; psd=y\n"
      "_dmarc.home.example TXT v=DMARC1; p=reject; sp=reject; np=reject\n"
      "_dmarc.mail.home.example TXT v=DMARC1; p=reject\n";
  for (const char* author : {"home.example", "a.home.example", "mail.home.example"}) {
    const ports::SpfFinding spf{
        ports::SpfResult::pass, "b.mail.home.example", "", "", "", {}};
    FakeResolver whole{zone};
    DmarcCheck first{Domain::parse(author).value(), whole};
    BOOST_TEST((first.finish(spf, {}, no_hurry).result == DmarcResult::pass));
    for (const auto& question : whole.asked()) {
      FakeResolver broken{zone + question.name + " TIMEOUT\n"};
      DmarcCheck check{Domain::parse(author).value(), broken};
      const auto finding = check.finish(spf, {}, no_hurry);
      BOOST_TEST((finding.result == DmarcResult::temperror),
                 author << " without " << question.name << ": " << finding.reason);
    }
  }
}

AuthresMethod method_for(std::string_view zone) {
  FakeResolver dns{zone};
  DmarcCheck check{Domain::parse("home.test").value(), dns};
  return authres_method(check.finish({}, {}, no_hurry));
}

BOOST_AUTO_TEST_CASE(a_finding_reads_as_registered_in_authentication_results) {
  const auto method = method_for("_dmarc.home.test TXT v=DMARC1; p=reject; t=y");
  const AuthresMethod want{
      "dmarc",
      "fail",
      "",
      "neither SPF nor DKIM passed",
      {{"header", "from", "home.test"}, {"policy", "dmarc", "quarantine"}}};
  BOOST_TEST((method == want));
}

BOOST_AUTO_TEST_CASE(without_a_record_there_is_no_policy_to_report) {
  const AuthresMethod want{
      "dmarc", "none", "", "no DMARC record", {{"header", "from", "home.test"}}};
  BOOST_TEST((method_for("") == want));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::auth
