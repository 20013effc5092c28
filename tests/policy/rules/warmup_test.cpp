// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/warmup.h"

#include <boost/test/unit_test.hpp>

#include "conf/ladder.h"

namespace milterward::rules {
namespace {

const std::vector<std::uint64_t> ladder{20, 20, 40, 300};

/// On the ladder, with a message yesterday.
WarmupState climbing(std::uint64_t climbed) {
  WarmupState state;
  state.has_begun = true;
  state.climbed = climbed;
  state.sent_lately = state.sent_this_month = state.recipients = 1000;
  return state;
}

BOOST_AUTO_TEST_CASE(a_new_account_begins_at_the_first_step) {
  const auto rung = decide_rung({}, ladder);
  BOOST_TEST(rung.begins);
  BOOST_TEST(rung.messages.value() == 20U);
  BOOST_TEST(rung.first_time_recipients == 10U);
}

BOOST_AUTO_TEST_CASE(who_sent_before_has_the_plan_for_good) {
  WarmupState state;
  state.was_seen = true;
  BOOST_TEST(decide_rung(state, ladder).is_found_existing);
  BOOST_TEST(!decide_rung(state, ladder).messages.has_value());
}

BOOST_AUTO_TEST_CASE(who_is_established_has_the_plan_for_good) {
  WarmupState state;
  state.is_established = true;
  BOOST_TEST(decide_rung(state, ladder).is_found_existing);
}

BOOST_AUTO_TEST_CASE(a_young_store_knows_nobody_to_be_new) {
  WarmupState state;
  state.store_is_young = true;
  BOOST_TEST(decide_rung(state, ladder).is_found_existing);
}

BOOST_AUTO_TEST_CASE(who_is_on_the_ladder_stays_there_whatever_the_store_says) {
  auto state = climbing(1);
  state.store_is_young = state.was_seen = true;
  BOOST_TEST(decide_rung(state, ladder).messages.value() == 40U);
}

BOOST_AUTO_TEST_CASE(the_first_message_of_a_day_climbs_and_no_other) {
  auto state = climbing(1);
  BOOST_TEST((decide_rung(state, ladder).climb == Climb::up));
  BOOST_TEST(decide_rung(state, ladder).messages.value() == 40U);
  state.sent_today = 1;
  BOOST_TEST((decide_rung(state, ladder).climb == Climb::stay));
  BOOST_TEST(decide_rung(state, ladder).messages.value() == 20U);
}

BOOST_AUTO_TEST_CASE(what_another_message_climbed_is_not_climbed_again) {
  auto state = climbing(2);
  state.has_climbed_today = true;  // and is not accepted yet
  BOOST_TEST((decide_rung(state, ladder).climb == Climb::stay));
  BOOST_TEST(decide_rung(state, ladder).messages.value() == 40U);
}

BOOST_AUTO_TEST_CASE(beyond_the_last_step_the_plan_rules_alone) {
  BOOST_TEST(decide_rung(climbing(2), ladder).messages.value() == 300U);
  BOOST_TEST(decide_rung(climbing(2), ladder).first_time_recipients == 60U);
  BOOST_TEST(!decide_rung(climbing(3), ladder).messages.has_value());
  BOOST_TEST((decide_rung(climbing(4), ladder).climb == Climb::stay));
}

BOOST_AUTO_TEST_CASE(idle_days_cost_one_step) {
  auto state = climbing(4);
  state.sent_lately = 0;
  BOOST_TEST((decide_rung(state, ladder).climb == Climb::down));
  BOOST_TEST(decide_rung(state, ladder).messages.value() == 300U);
  state.descended = 4;
  BOOST_TEST((decide_rung(state, ladder).climb == Climb::stay));
  BOOST_TEST(decide_rung(state, ladder).messages.value() == 20U);
}

BOOST_AUTO_TEST_CASE(trouble_is_a_twentieth_that_came_back) {
  auto state = climbing(1);
  state.bounced_messages = 2;
  state.bounced = 50;
  BOOST_TEST(!is_in_trouble(state));
  state.bounced = 51;
  BOOST_TEST(is_in_trouble(state));
  BOOST_TEST((decide_rung(state, ladder).climb == Climb::stay));
  BOOST_TEST(decide_rung(state, ladder).is_frozen);
  state.bounced_messages = 1;  // one recipient of that message may have said so
  BOOST_TEST(!is_in_trouble(state));
  state.recipients = 2;
  state.bounced = state.bounced_messages = 2;
  BOOST_TEST(!is_in_trouble(state));
}

BOOST_AUTO_TEST_CASE(trouble_is_a_thousandth_that_was_complained_about) {
  auto state = climbing(1);
  state.sent_this_month = 2000;
  state.complained = 2;
  BOOST_TEST(!is_in_trouble(state));
  state.complained = 3;
  BOOST_TEST(is_in_trouble(state));
  state.sent_this_month = 10;
  state.complained = 1;
  BOOST_TEST(!is_in_trouble(state));
}

BOOST_AUTO_TEST_CASE(a_burst_is_measured_by_days_on_which_mail_was_sent) {
  WarmupState state;
  state.sent_this_month = 70;
  state.sent_today = 10;
  state.active_days = 4;
  BOOST_TEST(burst_from(state, 10).value() == 200U);
  BOOST_TEST(burst_from(state, 1).value() == 50U);
  BOOST_TEST(!burst_from(state, 0).has_value());
  state.sent_this_month = 10;
  state.active_days = 1;
  BOOST_TEST(!burst_from(state, 10).has_value());
  state.was_seen_before_today = true;  // and silent for a month: an account for the taking
  BOOST_TEST(burst_from(state, 10).value() == 50U);
}

BOOST_AUTO_TEST_CASE(a_ladder_is_numbers) {
  BOOST_TEST((conf::parse_ladder("20 20 40 300") == ladder));
  for (const auto* wrong : {"", "20,40", "20  40", "-1", "0 20", "20 x", "9999999999"})
    BOOST_TEST(conf::parse_ladder(wrong).empty(), wrong);
}

}  // namespace
}  // namespace milterward::rules
