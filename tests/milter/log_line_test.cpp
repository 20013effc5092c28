// SPDX-License-Identifier: Apache-2.0
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "milter/status/line.h"
#include "tests/support/cases.h"

using namespace milterward;
using namespace milterward::tests;

BOOST_AUTO_TEST_SUITE(log_lines)

BOOST_DATA_TEST_CASE(escapes_hostile_values, read_cases("milter/log_lines.cases"), c) {
  const auto value = unescaped(c.get("value"));
  BOOST_TEST(status::quoted_if_needed(value) == c["keyvalue"]);
  BOOST_TEST(status::json_line(Event::daemon_failed, {{"reason", value}}) ==
             R"({"event":"daemon.failed","reason":)" + c["json"] + "}");
}

BOOST_AUTO_TEST_CASE(fields_keep_their_order) {
  BOOST_TEST(status::keyvalue_line(Event::daemon_ready,
                                   {{"socket", "fd:3"}, {"user", "milterward"}}) ==
             "event=daemon.ready socket=fd:3 user=milterward");
}

BOOST_AUTO_TEST_CASE(a_long_value_is_cut_and_says_so) {
  const auto text = status::quoted_if_needed(std::string(100'000, 'x'));
  BOOST_TEST(text.size() == status::longest_field + 3);
  BOOST_TEST(text.ends_with("..."));
}

BOOST_AUTO_TEST_CASE(time_is_written_in_utc_with_milliseconds) {
  BOOST_TEST(status::timestamp(WallTime{std::chrono::milliseconds{1'790'000'000'007}}) ==
             "2026-09-21T14:13:20.007Z");
}

BOOST_AUTO_TEST_SUITE_END()
