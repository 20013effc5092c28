// SPDX-License-Identifier: Apache-2.0
// What is known of addresses, as text and back.
#include "policy/chores/egress_state.h"

#include <boost/test/unit_test.hpp>

namespace milterward::chores {
namespace {

const std::vector<EgressPoint> points{
    {IpAddress::v4({192, 0, 2, 10}), "", true, false, "out.home.test"},
    {IpAddress::parse("2001:db8::1").value(), "zen test", false, true, "127.0.0.2"}};

BOOST_AUTO_TEST_SUITE(egress_state_text)

BOOST_AUTO_TEST_CASE(is_as_its_head_says) {
  BOOST_TEST(egress_state(points) ==
             "milterward egress 1\n"
             "192.0.2.10\tptr\twell\ttold\tout.home.test\n"
             "2001:db8::1\tzen test\till\tuntold\t127.0.0.2\n");
  BOOST_TEST((parse_egress_state(egress_state(points)) == points));
  BOOST_TEST(parse_egress_state(egress_state({})).value().empty());
}

BOOST_AUTO_TEST_CASE(leaves_out_what_would_break_a_line) {
  BOOST_TEST(egress_state({{IpAddress::v4({192, 0, 2, 10}), "a\tb", true, false, ""},
                           {IpAddress::v4({192, 0, 2, 10}), "", true, false, "a\nb"}}) ==
             "milterward egress 1\n");
}

BOOST_AUTO_TEST_CASE(is_taken_whole_or_not_at_all) {
  const std::string head = "milterward egress 1\n";
  for (const auto& bad :
       {std::string{}, std::string{"milterward egress 2\n"}, std::string{"\n"}, head + "\n",
        head + "192.0.2.10\tptr\twell\ttold\n", head + "192.0.2\tptr\twell\ttold\t\n",
        head + "192.0.2.10\t\twell\ttold\t\n", head + "192.0.2.10\tptr\tfine\ttold\t\n",
        head + "192.0.2.10\tptr\twell\tsaid\t\n",
        head + "192.0.2.10\tptr\twell\ttold\ta\tb\n",
        head + "192.0.2.10\tptr\twell\ttold\ta"})
    BOOST_TEST(!parse_egress_state(bad).has_value(), bad);
  BOOST_TEST(!parse_egress_state(head + std::string(longest_egress_state, 'a') + "\n")
                  .has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::chores
