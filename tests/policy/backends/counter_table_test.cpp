// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/counter_table.h"

#include <boost/test/unit_test.hpp>

#include "policy/backends/memory_counters.h"
#include "tests/policy/backends/counters_suite.h"

using namespace milterward;
using namespace milterward::backends;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

ports::Granted granted(const std::string& counter, std::uint64_t amount) {
  const auto hit = hit_on(counter, amount, 0);
  return {counter, hit.window, hit.window.slice_at(noon), amount};
}

void hit_and_keep(CounterTable& table, const std::string& counter, std::uint64_t amount) {
  const auto hit = hit_on(counter, amount, 1000);
  BOOST_REQUIRE(table.hit({&hit, 1}, ports::Grant::within_limits, noon)->granted);
  const auto one = granted(counter, amount);
  table.keep({&one, 1});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(counter_table)

BOOST_AUTO_TEST_CASE(memory_keeps_every_rule_of_counters) {
  MemoryCounters counters;
  check_every_rule_of_counters(counters);
}

BOOST_AUTO_TEST_CASE(sixty_four_threads_never_see_the_last_place_twice) {
  MemoryCounters counters;
  BOOST_TEST(let_through(counters, hit_on("crowd", 1, 1000), 64, 4000) == 1000U);
}

BOOST_AUTO_TEST_CASE(changes_are_told_once_and_whole) {
  CounterTable table;
  hit_and_keep(table, "a", 2);
  hit_and_keep(table, "a", 3);
  const auto changes = table.take_changes();
  BOOST_REQUIRE(changes.size() == 1U);
  BOOST_TEST(changes[0].amount == 5U);
  BOOST_TEST(!table.has_changes());
  table.put_back(changes);
  BOOST_TEST((table.take_changes() == changes));
}

BOOST_AUTO_TEST_CASE(a_reservation_is_no_change) {
  CounterTable table;
  const auto hit = hit_on("a", 2, 1000);
  BOOST_REQUIRE(table.hit({&hit, 1}, ports::Grant::within_limits, noon)->granted);
  BOOST_TEST(!table.has_changes());
}

BOOST_AUTO_TEST_CASE(what_is_past_is_forgotten) {
  CounterTable table;
  hit_and_keep(table, "a", 2);
  table.forget_past(noon + 36h - 1s);
  BOOST_TEST(table.size() == 1U);
  table.forget_past(noon + 36h);
  BOOST_TEST(table.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_full_table_takes_no_more_and_makes_room_of_what_is_past) {
  CounterTable table{2};
  hit_and_keep(table, "a", 1);
  hit_and_keep(table, "b", 1);
  const auto hit = hit_on("c", 1, 10);
  BOOST_TEST(!table.hit({&hit, 1}, ports::Grant::within_limits, noon).has_value());
  BOOST_TEST(table.hit({&hit, 1}, ports::Grant::within_limits, noon + 48h).has_value());
}

BOOST_AUTO_TEST_CASE(what_may_be_forgotten_leaves_room_and_reading_takes_none) {
  CounterTable table{4};
  const auto hit = [&](const char* name, ports::Grant grant, std::uint64_t amount = 1) {
    const ports::Hit one{name, ports::lasting, amount, 10};
    return table.hit({&one, 1}, grant, noon).has_value();
  };
  using ports::Grant;
  for (const char* name : {"a", "b", "c"}) BOOST_TEST(hit(name, Grant::with_room_to_spare));
  BOOST_TEST(!hit("d", Grant::with_room_to_spare));
  BOOST_TEST(hit("c", Grant::with_room_to_spare));
  BOOST_TEST(hit("d", Grant::within_limits));
  BOOST_TEST(!hit("e", Grant::within_limits));
  BOOST_TEST(hit("e", Grant::within_limits, 0));  // only looked at
  BOOST_TEST(hit("d", Grant::always));
}

BOOST_AUTO_TEST_SUITE_END()
