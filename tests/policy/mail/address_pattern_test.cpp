// SPDX-License-Identifier: Apache-2.0
// Patterns of addresses and spellings of logins.
#include "policy/mail/address_pattern.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "policy/mail/login.h"
#include "tests/support/cases.h"

namespace milterward {
namespace {

using tests::read_cases;
using tests::unescaped;

BOOST_AUTO_TEST_SUITE(address_patterns)

BOOST_DATA_TEST_CASE(hold_what_they_say, read_cases("mail/address_pattern.cases"), c) {
  const auto pattern = AddressPattern::parse(unescaped(c["pattern"]));
  if (!pattern) {
    BOOST_TEST(c["want"] == "no pattern");
    return;
  }
  const auto text = unescaped(c["address"]);
  const auto at = text.rfind('@');
  const MailAddress address{text.substr(0, at), Domain::parse(text.substr(at + 1)).value()};
  BOOST_TEST((pattern->holds(address, c.get("delimiters")) ? "yes" : "no") == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_local_part_of_64_octets_is_the_longest) {
  const std::string longest(local_part_limit, 'a');
  BOOST_TEST(AddressPattern::parse(longest + "@example.org").has_value());
  BOOST_TEST((AddressPattern::parse("a" + longest + "@example.org").fault() ==
              AddressPattern::Fault::bad_local_part));
}

BOOST_AUTO_TEST_CASE(a_pattern_nobody_filled_holds_nothing) {
  const MailAddress joe{"joe", Domain::parse("example.org").value()};
  BOOST_TEST(!AddressPattern{}.holds(joe, "+"));
}

BOOST_AUTO_TEST_CASE(a_login_without_a_realm_gets_the_one_of_the_house) {
  BOOST_TEST(full_login("Joe", "mx.test") == "Joe@mx.test");
  BOOST_TEST(full_login("joe@other.test", "mx.test") == "joe@other.test");
  BOOST_TEST(full_login("joe", "") == "joe");
  BOOST_TEST(full_login("", "mx.test") == "");
  BOOST_TEST(login_key("JOE", "MX.test") == login_key("joe@mx.TEST", ""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward
