// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/return_codes.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

namespace milterward {
namespace {

void check(const ReturnCodes& codes, const std::string& answers, bool want) {
  for (const auto answer : split(answers, ' '))
    BOOST_TEST(codes.hold(IpAddress::parse(answer).value()) == want, answer);
}

BOOST_DATA_TEST_CASE(counts_answers, tests::read_cases("mail/return_codes.cases"), c) {
  const auto codes = ReturnCodes::parse(c["codes"]);
  BOOST_REQUIRE(codes.has_value() == !c.has("bad"));
  if (!codes) return;
  check(*codes, c["holds"], true);
  check(*codes, c["not"], false);
}

}  // namespace
}  // namespace milterward
