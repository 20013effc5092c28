// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/hourly_rate.h"

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "milter/notify/minute_count.h"
#include "tests/support/fake_clock.h"

using namespace milterward;
using namespace milterward::notify;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start{100h};

}  // namespace

BOOST_AUTO_TEST_SUITE(hourly_rate)

BOOST_AUTO_TEST_CASE(so_many_an_hour_are_told_and_the_next_says_how_many_were_not) {
  HourlyRate rate{2};
  BOOST_TEST(rate.take(Event::store_failing, start).value() == 0U);
  BOOST_TEST(rate.take(Event::store_failing, start + 1min).value() == 0U);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(!rate.take(Event::store_failing, start + 59min).has_value());
  BOOST_TEST(rate.take(Event::store_failing, start + 60min).value() == 3U);
  BOOST_TEST(rate.take(Event::store_failing, start + 61min).value() == 0U);
  BOOST_TEST(!rate.take(Event::store_failing, start + 119min).has_value());
  BOOST_TEST(rate.take(Event::store_failing, start + 300min).value() == 1U);
}

BOOST_AUTO_TEST_CASE(each_event_has_an_hour_of_its_own) {
  HourlyRate rate{1};
  BOOST_TEST(rate.take(Event::store_failing, start).has_value());
  BOOST_TEST(!rate.take(Event::store_failing, start).has_value());
  BOOST_TEST(rate.take(Event::dns_failing, start).value() == 0U);
}

BOOST_AUTO_TEST_CASE(another_limit_counts_at_once_and_forgets_nothing) {
  HourlyRate rate{1};
  rate.take(Event::store_failing, start);
  rate.take(Event::store_failing, start);
  rate.set_most(2);
  BOOST_TEST(rate.take(Event::store_failing, start).value() == 1U);
  BOOST_TEST(!rate.take(Event::store_failing, start).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(minute_count)

BOOST_AUTO_TEST_CASE(what_goes_wrong_is_told_once_a_minute_and_all_of_it) {
  tests::FakeClock clock;
  MinuteCount count;
  BOOST_TEST(!count.due(clock).has_value());
  count.add(1);
  BOOST_TEST(count.due(clock).value() == 1U);
  count.add(2);
  clock.advance(59s);
  BOOST_TEST(!count.due(clock).has_value());
  count.add(3);
  clock.advance(1s);
  BOOST_TEST(count.due(clock).value() == 5U);
  count.add(1);
  BOOST_TEST(count.rest().value() == 1U);
  BOOST_TEST(!count.rest().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
