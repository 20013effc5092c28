// SPDX-License-Identifier: Apache-2.0
// Who asks for a failure report: the cases of reports/failure_options.cases.
#include "policy/reports/failure_options.h"

#include <array>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/auth/dmarc/record.h"
#include "tests/support/cases.h"
#include "tests/support/contains.h"

namespace milterward::reports {
namespace {

using auth::DmarcResult;
using ports::DkimResult;
using ports::SpfResult;

constexpr std::array dmarc_results{DmarcResult::none, DmarcResult::pass, DmarcResult::fail,
                                   DmarcResult::temperror, DmarcResult::permerror};
constexpr std::array option_spf_results{
    SpfResult::none,     SpfResult::neutral,   SpfResult::pass,     SpfResult::fail,
    SpfResult::softfail, SpfResult::temperror, SpfResult::permerror};
constexpr std::array option_dkim_results{
    DkimResult::none,    DkimResult::pass,      DkimResult::fail,     DkimResult::policy,
    DkimResult::neutral, DkimResult::temperror, DkimResult::permerror};

template <class Enum, std::size_t N>
Enum value_named(const std::array<Enum, N>& all, const std::string& text) {
  for (const auto one : all)
    if (to_text(one) == text) return one;
  BOOST_FAIL("no such result: " << text);
  return all.front();
}

std::string asked_for(const tests::Case& c) {
  auth::DmarcFinding finding;
  finding.result = value_named(dmarc_results, c["dmarc"]);
  if (c.has("author")) finding.author_domain = *Domain::parse(c["author"]);
  finding.record = auth::parse_dmarc_record(c["record"]).value();
  finding.spf_is_aligned = tests::contains(c.get("aligned"), "spf");
  finding.dkim_is_aligned = tests::contains(c.get("aligned"), "dkim");
  ports::SpfFinding spf;
  spf.result = value_named(option_spf_results, c["spf"]);
  std::vector<ports::DkimFinding> dkim;
  for (const auto& text : c.all("dkim")) {
    const auto blank = text.find(' ');
    ports::DkimFinding signature;
    signature.result = value_named(option_dkim_results, text.substr(0, blank));
    if (blank != std::string::npos) signature.reason = text.substr(blank + 1);
    const auto domain = text.find("d=");
    if (domain != std::string::npos) signature.domain = text.substr(domain + 2);
    dkim.push_back(signature);
  }
  const auto failure = failure_asked_for(finding, spf, dkim);
  return failure ? std::string{to_text(*failure)} : "nothing";
}

BOOST_AUTO_TEST_SUITE(failure_options)

BOOST_DATA_TEST_CASE(ask, tests::read_cases("reports/failure_options.cases"), c) {
  BOOST_TEST(asked_for(c) == c["want"]);
}

BOOST_AUTO_TEST_CASE(nobody_asks_who_has_no_record) {
  auth::DmarcFinding finding;
  finding.result = DmarcResult::fail;
  BOOST_TEST(!failure_asked_for(finding, {}, {}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::reports
