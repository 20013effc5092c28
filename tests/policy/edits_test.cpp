// SPDX-License-Identifier: Apache-2.0
#include "policy/edits.h"

#include <boost/test/unit_test.hpp>

namespace milterward {
namespace {

BOOST_AUTO_TEST_CASE(removals_run_from_the_last_to_the_first) {
  const RawHeaders headers{{"X-A", " 1"}, {"Subject", " s"}, {"x-a", " 2"}, {"X-A", " 3"}};
  const auto edits =
      removals(headers, "X-A", [](const RawHeader& field) { return field.value != " 2"; });
  BOOST_REQUIRE_EQUAL(edits.size(), 2U);
  BOOST_TEST(edits[0].occurrence == 3U);
  BOOST_TEST(edits[1].occurrence == 1U);
  BOOST_TEST(edits[0].name == "X-A");
}

BOOST_AUTO_TEST_CASE(the_verdict_field_names_action_and_rule) {
  const auto field = verdict_field(Action::quarantine, "dmarc.quarantine");
  BOOST_TEST(field.name == "Milterward-Verdict");
  BOOST_TEST(field.value == " quarantine; rule=dmarc.quarantine");
}

}  // namespace
}  // namespace milterward
