// SPDX-License-Identifier: Apache-2.0
#include "milter/front/answer.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/base/ascii.h"
#include "tests/support/cases.h"

using namespace milterward;
using namespace milterward::tests;
using front::LeadingSpace;

namespace {

rules::Verdict verdict_of(const Case& c) {
  const auto text = unescaped(c["reply"]);
  const auto first = text.find(' ');
  const auto second = text.find(' ', first + 1);
  Reply reply{std::stoi(text), text.substr(first + 1, second - first - 1), ""};
  if (second != std::string::npos) reply.text = text.substr(second + 1);
  return c["action"] == "reject" ? rules::Verdict::reject("test", reply)
                                 : rules::Verdict::defer("test", reply);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(answers)

BOOST_DATA_TEST_CASE(replies_survive_both_mtas, read_cases("milter/replies.cases"), c) {
  const auto reply = front::wire_reply(verdict_of(c));
  BOOST_TEST(reply.code + " " + reply.status + " " + reply.text == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut_before_its_signs_are_doubled) {
  const auto reply = front::wire_reply(
      rules::Verdict::reject("test", {550, "5.7.1", std::string(1000, '%')}));
  BOOST_TEST(reply.text == std::string(2 * front::longest_reply_text, '%'));
}

BOOST_AUTO_TEST_CASE(only_defer_and_reject_refuse) {
  for (const auto action : {Action::accept, Action::tag, Action::subject,
                            Action::quarantine, Action::redirect}) {
    rules::Verdict verdict;
    verdict.action = action;
    BOOST_TEST((front::reaction_to(verdict) == front::Reaction::proceed));
  }
}

BOOST_AUTO_TEST_CASE(folds_become_line_feeds) {
  BOOST_TEST(front::wire_value(" a;\r\n\tb;\r\n c", LeadingSpace::in_value) ==
             " a;\n\tb;\n c");
}

BOOST_AUTO_TEST_CASE(a_lone_carriage_return_stays) {
  BOOST_TEST(front::wire_value(" a\rb", LeadingSpace::in_value) == " a\rb");
}

BOOST_AUTO_TEST_CASE(an_mta_that_adds_the_blank_gets_the_value_without) {
  BOOST_TEST(front::wire_value(" a", LeadingSpace::from_mta) == "a");
  BOOST_TEST(front::wire_value("a", LeadingSpace::from_mta) == "a");
}

BOOST_AUTO_TEST_CASE(a_hold_reason_is_one_line_and_not_empty) {
  BOOST_TEST(front::wire_hold_reason("dmarc\r\nx") == "dmarc??x");
  BOOST_TEST(front::wire_hold_reason("") != "");
}

BOOST_AUTO_TEST_SUITE_END()
