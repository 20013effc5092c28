// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/helo/helo.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward::auth {
namespace {

BOOST_DATA_TEST_CASE(judges_helo, tests::read_cases("auth/helo/helo.cases"), c) {
  const OurSelves us{
      {"mx.home.test", "Bücher.test"},
      {IpAddress::parse("192.0.2.1").value(), IpAddress::parse("2001:db8::1").value()}};
  const auto state = judge_helo(c["helo"], IpAddress::parse(c["client"]).value(), us);
  BOOST_TEST(to_text(state) == c["want"]);
}

}  // namespace
}  // namespace milterward::auth
