// SPDX-License-Identifier: Apache-2.0
// Where reports go: the cases of reports/destinations.cases.
#include "policy/reports/destinations.h"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::reports {
namespace {

using namespace std::chrono_literals;

std::string outcome_of(const tests::Case& c) {
  const auto destination = parse_destination(c["uri"]);
  if (!destination) return "no destination";
  tests::FakeResolver dns{c.get("dns")};
  const tests::FakeClock clock;
  const auto kind = c.get("kind") == "failure" ? ports::ReportKind::failure
                                               : ports::ReportKind::aggregate;
  const auto agreement =
      ask_for_agreement(*destination, *Domain::parse(c["domain"]), kind, dns,
                        conf::DmarcDiscovery::treewalk, Deadline::after(clock, 5s));
  switch (agreement.consent) {
    case Consent::given:
      return fmt::format("given {}", fmt::join(agreement.addresses, " "));
    case Consent::refused:
      return "refused " + agreement.reason;
    case Consent::unknown:
      return "unknown " + agreement.reason;
  }
  return "";
}

BOOST_AUTO_TEST_SUITE(report_destinations)

BOOST_DATA_TEST_CASE(agree, tests::read_cases("reports/destinations.cases"), c) {
  BOOST_TEST(outcome_of(c) == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_cannot_agree) {
  tests::FakeResolver dns;
  const tests::FakeClock clock;
  std::string longest = "a";
  while (longest.size() < 240) longest += ".aaaaaaaaa";
  const auto agreement =
      ask_for_agreement({"in@taker.test", *Domain::parse("taker.test")},
                        *Domain::parse(longest), ports::ReportKind::aggregate, dns,
                        conf::DmarcDiscovery::treewalk, Deadline::after(clock, 5s));
  BOOST_TEST((agreement.consent == Consent::refused));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::reports
