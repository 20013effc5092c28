// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dnsbl/dnsbl.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/auth/dnsbl/authres.h"
#include "policy/auth/dnsbl/list_watch.h"
#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::auth {
namespace {

conf::DnsList row(const char* zone, conf::ListKind kind, const char* codes) {
  return {Domain::parse(zone).value(), "", kind, {ReturnCodes::parse(codes).value()}, 1};
}

std::vector<conf::DnsList> rows() {
  return {row("block.test", conf::ListKind::block, "127.*.*.*"),
          row("allow.test", conf::ListKind::allow, "127.0.*.1-3"),
          row("both.test", conf::ListKind::block, "127.0.0.2"),
          row("both.test", conf::ListKind::allow, "127.0.1.2")};
}

std::string shown(const ListFindings& findings) {
  std::vector<std::string> words;
  for (const auto& listing : findings.listings)
    words.push_back(fmt::format("{}:{}", listing.list, listing.code.text()));
  return fmt::format("{}", fmt::join(words, " "));
}

std::string faults(const ListFindings& findings) {
  std::vector<std::string> words;
  for (const auto& faulty : findings.faulty)
    words.push_back(fmt::format("{}:{}", faulty.list, to_text(faulty.fault)));
  return fmt::format("{}", fmt::join(words, " "));
}

/// As printed, without the name of the server and on one line.
std::string authres(const ListFindings& findings, Validation validation) {
  AuthresField field{"mx", {}};
  for (const auto& finding : findings.dnswl)
    field.methods.push_back(authres_method(finding, validation));
  auto text = print_authres(field);
  std::string line;
  for (const char c : text.substr(text.find(';') + 1))
    if (c == '\t')
      line += ' ';
    else if (c != '\r' && c != '\n')
      line += c;
  return line.substr(1);
}

BOOST_DATA_TEST_CASE(hears_lists, tests::read_cases("auth/dnsbl/dnsbl.cases"), c) {
  tests::FakeResolver dns{c.get("zone")};
  const tests::FakeClock clock;
  const Deadline now{clock.now()};
  const auto lists = rows();
  const ListCheck check{lists, IpAddress::parse(c["client"]).value(), dns, now};
  BOOST_TEST(dns.asked().size() == 6U);  // each zone for the client and for the test point
  const auto findings = check.finish(now);
  BOOST_TEST(shown(findings) == c["want"]);
  BOOST_TEST(faults(findings) == c.get("faulty"));
  BOOST_TEST(authres(findings, Validation::off) == c["authres"]);
  BOOST_TEST(dns.asked().size() == 6U);  // nothing is asked late
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_not_validated_says_so) {
  DnswlFinding finding;
  finding.result = DnswlFinding::Result::pass;
  finding.codes = {IpAddress::v4({127, 0, 5, 2})};
  const auto security = [&](Validation validation) {
    return authres_method(finding, validation).properties.back().value;
  };
  BOOST_TEST(security(Validation::off) == "na");
  BOOST_TEST(security(Validation::on) == "no");
  finding.is_secure = true;
  BOOST_TEST(security(Validation::on) == "yes");
}

BOOST_AUTO_TEST_CASE(trouble_of_a_list_is_told_once_an_hour) {
  ListWatch watch;
  tests::FakeClock clock;
  const FaultyList one{"one.test", ListFault::refused};
  BOOST_TEST(watch.is_to_be_told(one, clock.now()));
  BOOST_TEST(!watch.is_to_be_told(one, clock.now()));
  BOOST_TEST(watch.is_to_be_told({"two.test", ListFault::refused}, clock.now()));
  BOOST_TEST(watch.is_to_be_told({"one.test", ListFault::unanswered}, clock.now()));
  clock.advance(ListWatch::silence);
  BOOST_TEST(watch.is_to_be_told(one, clock.now()));
  BOOST_TEST(!watch.is_to_be_told(one, clock.now()));
}

}  // namespace
}  // namespace milterward::auth
