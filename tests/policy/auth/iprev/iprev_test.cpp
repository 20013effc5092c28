// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/iprev/iprev.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward::auth {
namespace {

BOOST_DATA_TEST_CASE(finds_the_way_back, tests::read_cases("auth/iprev/iprev.cases"), c) {
  tests::FakeResolver dns{c.get("zone")};
  const tests::FakeClock clock;
  const auto finding =
      check_iprev(IpAddress::parse(c["client"]).value(), dns, Deadline{clock.now()});
  BOOST_TEST(to_text(finding.result) == c["want"]);
  BOOST_TEST(finding.name == c.get("matched"));
  BOOST_TEST(dns.asked().size() <= 6U);
}

BOOST_AUTO_TEST_CASE(an_unknown_client_is_not_asked_for) {
  tests::FakeResolver dns;
  BOOST_CHECK(check_iprev({}, dns, Deadline{SteadyTime{}}).result ==
              IprevResult::permerror);
  BOOST_TEST(dns.asked().empty());
}

}  // namespace
}  // namespace milterward::auth
