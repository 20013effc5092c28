// SPDX-License-Identifier: Apache-2.0
#include "policy/edits.h"

#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/cases.h"

namespace milterward {
namespace {

using rules::HeaderEdit;

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

BOOST_DATA_TEST_CASE(tags_subjects, tests::read_cases("policy/subject.cases"), c) {
  RawHeaders headers{{"From", " a@example.org"}};
  for (const auto& value : c.all("subject"))
    headers.push_back({"subject", tests::unescaped(value)});
  std::vector<std::string> told;
  for (const auto& edit : subject_tags(headers, c["tag"]))
    told.push_back(edit.kind == HeaderEdit::Kind::insert_on_top
                       ? fmt::format("insert{}", edit.value)
                       : fmt::format("change {}{}", edit.occurrence, edit.value));
  std::vector<std::string> want;
  for (const auto& value : c.all("want")) want.push_back(tests::unescaped(value));
  BOOST_TEST(told == want, boost::test_tools::per_element());
}

}  // namespace
}  // namespace milterward
