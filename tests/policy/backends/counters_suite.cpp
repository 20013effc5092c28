// SPDX-License-Identifier: Apache-2.0
#include "tests/policy/backends/counters_suite.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

namespace milterward::tests {

using namespace std::chrono_literals;
using ports::Counters;
using ports::CountingWindow;
using ports::Grant;
using ports::Hit;
using ports::Reservation;

ports::Hit hit_on(const std::string& counter, std::uint64_t amount, std::uint64_t limit) {
  return {counter, CountingWindow::calendar(24h, 0s), amount, limit};
}

Deadline soon() { return Deadline::after(SystemClock{}, 20s); }

bool pass_one(Counters& counters, const Hit& hit, bool give_up) {
  Reservation reservation{counters};
  const auto result = reservation.add({hit}, Grant::within_limits, noon, soon());
  return result && result->granted && !give_up && reservation.commit(soon());
}

std::size_t let_through(Counters& counters, const Hit& hit, std::size_t threads,
                        std::size_t attempts) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> passed{0};
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      for (;;) {
        const auto number = next.fetch_add(1);
        if (number >= attempts) return;
        if (pass_one(counters, hit, number % 3 == 2)) ++passed;
      }
    });
  for (auto& worker : workers) worker.join();
  // Whoever was given up may have held a place while all others had their turn.
  while (pass_one(counters, hit)) ++passed;
  return passed;
}

namespace {

std::uint64_t used(Counters& counters, const std::string& name, ports::Seconds now = noon) {
  const auto hit = hit_on(name, 0, 1000);
  const auto result = counters.hit({&hit, 1}, Grant::within_limits, now, soon());
  BOOST_REQUIRE(result.has_value());
  return result->counts[0].used;
}

void counts_and_reads_in_one_step(Counters& counters) {
  Reservation reservation{counters};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto hit = hit_on("one-step", 1, 3);
    const auto result = reservation.add({hit}, Grant::within_limits, noon, soon());
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(result->granted);
    BOOST_TEST(result->counts[0].used == i);
  }
  const auto hit = hit_on("one-step", 1, 3);
  const auto result = reservation.add({hit}, Grant::within_limits, noon, soon());
  BOOST_TEST(!result->granted);
  BOOST_TEST(!result->counts[0].fits);
  BOOST_TEST(result->counts[0].used == 3U);
  BOOST_TEST((result->counts[0].room_at == noon + 12h));
}

void what_is_not_kept_is_free_again(Counters& counters) {
  const auto hit = hit_on("free-again", 2, 2);
  BOOST_TEST(!pass_one(counters, hit, true));
  BOOST_TEST(used(counters, "free-again") == 0U);
  BOOST_TEST(pass_one(counters, hit));
  BOOST_TEST(used(counters, "free-again") == 2U);
  BOOST_TEST(!pass_one(counters, hit));
}

void all_or_none_are_counted(Counters& counters) {
  const std::vector<Hit> hits{hit_on("all-wide", 5, 100), hit_on("all-narrow", 5, 4)};
  Reservation reservation{counters};
  const auto result = reservation.add(hits, Grant::within_limits, noon, soon());
  BOOST_REQUIRE(result.has_value());
  BOOST_TEST(!result->granted);
  BOOST_TEST(result->counts[0].fits);
  BOOST_TEST(!result->counts[1].fits);
  BOOST_TEST(result->counts[1].room_at.count() == 0);  // five will never fit into four
  BOOST_TEST(used(counters, "all-wide") == 0U);
}

void monitoring_counts_past_the_limit(Counters& counters) {
  const auto hit = hit_on("monitored", 1, 1);
  Reservation reservation{counters};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto result = reservation.add({hit}, Grant::always, noon, soon());
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(result->granted);
    BOOST_TEST(result->counts[0].used == i);
    BOOST_TEST(result->counts[0].fits == (i == 1));
  }
  BOOST_TEST(reservation.commit(soon()).has_value());
  BOOST_TEST(used(counters, "monitored") == 3U);
}

void a_day_ends(Counters& counters) {
  const auto hit = hit_on("day", 1, 1);
  BOOST_TEST(pass_one(counters, hit));
  BOOST_TEST(used(counters, "day", noon + 12h - 1s) == 1U);
  BOOST_TEST(used(counters, "day", noon + 12h) == 0U);
}

void what_is_cleared_is_free_and_what_is_reserved_stays(Counters& counters) {
  const auto hit = hit_on("cleared", 3, 10);
  BOOST_TEST(pass_one(counters, hit));
  Reservation reservation{counters};
  const auto under_way = hit_on("cleared", 2, 10);
  BOOST_TEST(reservation.add({under_way}, Grant::within_limits, noon, soon())->granted);
  const std::vector<std::string> names{"cleared", "never-seen"};
  BOOST_TEST(counters.clear(names, soon()).has_value());
  BOOST_TEST(used(counters, "cleared") <= 2U);  // a shared store knows no reservations
  BOOST_TEST(reservation.commit(soon()).has_value());
  BOOST_TEST(used(counters, "cleared") <= 2U);
}

void a_lasting_count_outlives_every_period(Counters& counters) {
  const Hit hit{"lasting", ports::lasting, 1, 1};
  BOOST_TEST(pass_one(counters, hit));
  const Hit look{"lasting", ports::lasting, 0, 0};
  const auto later =
      counters.hit({&look, 1}, Grant::within_limits, noon + 24h * 3650, soon());
  BOOST_REQUIRE(later.has_value());
  BOOST_TEST(later->counts[0].used == 1U);
  BOOST_TEST(!later->granted);
}

/// However the messages fall: in no hour more than the limit, and room is where it was
/// said to be.
void a_rolling_hour_never_holds_more_than_its_limit(Counters& counters) {
  constexpr std::uint64_t limit = 10;
  std::vector<ports::Seconds> passed;
  unsigned random = 1;
  auto now = noon;
  for (int i = 0; i < 600; ++i) {
    random = random * 1103515245U + 12345U;
    now += ports::Seconds{(random >> 16U) % 200};
    const Hit hit{"rolling", CountingWindow::rolling(1h), 1 + (random >> 20U) % 3, limit};
    Reservation reservation{counters};
    const auto result = reservation.add({hit}, Grant::within_limits, now, soon());
    BOOST_REQUIRE(result.has_value());
    if (result->granted) {
      BOOST_REQUIRE(reservation.commit(soon()).has_value());
      passed.insert(passed.end(), hit.amount, now);
      continue;
    }
    const auto room_at = result->counts[0].room_at;
    BOOST_TEST((room_at > now));
    BOOST_TEST((room_at <= now + 1h + 150s));
    Reservation later{counters};
    BOOST_TEST(!later.add({hit}, Grant::within_limits, room_at - 1s, soon())->granted);
    BOOST_TEST(later.add({hit}, Grant::within_limits, room_at, soon())->granted);
  }
  BOOST_TEST(passed.size() > 50U);
  for (std::size_t i = 0; i + limit < passed.size(); ++i)
    BOOST_TEST((passed[i + limit] - passed[i] >= 1h));
}

}  // namespace

void check_every_rule_of_counters(Counters& counters) {
  counts_and_reads_in_one_step(counters);
  what_is_not_kept_is_free_again(counters);
  all_or_none_are_counted(counters);
  monitoring_counts_past_the_limit(counters);
  a_day_ends(counters);
  what_is_cleared_is_free_and_what_is_reserved_stays(counters);
  a_lasting_count_outlives_every_period(counters);
  a_rolling_hour_never_holds_more_than_its_limit(counters);
}

}  // namespace milterward::tests
