// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/counters.h"

#include <boost/test/unit_test.hpp>

namespace milterward::ports {
namespace {

using namespace std::chrono_literals;

constexpr Seconds noon{1'790'000'000 / 86400 * 86400 + 43200};

BOOST_AUTO_TEST_CASE(a_calendar_window_is_the_hour_or_day_of_the_clock) {
  const auto day = CountingWindow::calendar(24h, 0s);
  BOOST_TEST((day.slice_at(noon) == noon - 12h));
  BOOST_TEST((day.slice_at(noon - 12h) == noon - 12h));
  BOOST_TEST((day.slice_at(noon - 12h - 1s) == noon - 36h));
  BOOST_TEST((day.end_of(day.slice_at(noon)) == noon + 12h));
}

BOOST_AUTO_TEST_CASE(a_day_may_begin_at_another_hour) {
  const auto day = CountingWindow::calendar(24h, 5h);
  BOOST_TEST((day.slice_at(noon) == noon - 7h));
  BOOST_TEST((day.slice_at(noon - 8h) == noon - 31h));
}

BOOST_AUTO_TEST_CASE(slices_before_1970_do_not_overlap) {
  const auto day = CountingWindow::calendar(24h, 5h);
  BOOST_TEST((day.slice_at(0s) == -19h));
  BOOST_TEST((day.slice_at(5h) == Seconds{5h}));
}

/// Whatever is counted in a rolling window counts for at least its length, and at most a
/// 24th longer.
BOOST_AUTO_TEST_CASE(a_rolling_window_holds_everything_for_its_length) {
  for (const auto period : {Seconds{1s}, Seconds{10s}, Seconds{23s}, Seconds{61s},
                            Seconds{10min}, Seconds{1h}, Seconds{24h}, Seconds{744h}}) {
    const auto window = CountingWindow::rolling(period);
    for (Seconds counted = noon; counted < noon + 50s; ++counted) {
      const auto slice = window.slice_at(counted);
      BOOST_TEST((slice <= counted && counted < slice + window.slice));
      BOOST_TEST(window.counts(slice, counted + period - 1s));
      BOOST_TEST(!window.counts(slice, counted + period + 2 * window.slice));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_clock_put_back_a_little_still_counts_what_it_saw) {
  const auto hour = CountingWindow::calendar(1h, 0s);
  const auto slice = hour.slice_at(noon);
  BOOST_TEST(hour.counts(slice, noon - 1s));
  BOOST_TEST(!hour.counts(slice, noon - 24h * 365));
}

class RecordedCounters final : public Counters {
 public:
  Result<HitResult, StoreFault> hit(std::span<const Hit> hits, Grant, Seconds,
                                    Deadline) override {
    if (!answers) return Unexpected{StoreFault{"down"}};
    return HitResult{std::vector<Count>(hits.size()), grants};
  }
  Result<std::monostate, StoreFault> keep(std::span<const Granted> granted,
                                          Deadline) override {
    if (!answers) return Unexpected{StoreFault{"down"}};
    kept.assign(granted.begin(), granted.end());
    return std::monostate{};
  }
  void give_back(std::span<const Granted> granted) noexcept override {
    given_back.assign(granted.begin(), granted.end());
  }
  Result<std::monostate, StoreFault> clear(std::span<const std::string>,
                                           Deadline) override {
    return Unexpected{StoreFault{"a reservation clears nothing"}};
  }

  bool answers = true;
  bool grants = true;
  std::vector<Granted> kept;
  std::vector<Granted> given_back;
};

const std::vector<Hit> two_hits{{"a", CountingWindow::calendar(1h, 0s), 1, 10},
                                {"b", CountingWindow::rolling(1h), 3, 10}};
const Deadline soon{SteadyTime{}};

BOOST_AUTO_TEST_CASE(a_reservation_gives_back_what_was_not_kept) {
  RecordedCounters counters;
  {
    Reservation reservation{counters};
    BOOST_REQUIRE(reservation.add(two_hits, Grant::within_limits, noon, soon).has_value());
  }
  BOOST_REQUIRE(counters.given_back.size() == 2U);
  BOOST_TEST(counters.given_back[1].amount == 3U);
  BOOST_TEST(counters.kept.empty());
}

BOOST_AUTO_TEST_CASE(what_was_kept_is_not_given_back) {
  RecordedCounters counters;
  {
    Reservation reservation{counters};
    BOOST_REQUIRE(reservation.add(two_hits, Grant::within_limits, noon, soon).has_value());
    BOOST_REQUIRE(reservation.add(two_hits, Grant::within_limits, noon, soon).has_value());
    BOOST_REQUIRE(reservation.commit(soon).has_value());
  }
  BOOST_REQUIRE(counters.kept.size() == 2U);  // one entry a counter and slice
  BOOST_TEST(counters.kept[1].amount == 6U);
  BOOST_TEST(counters.given_back.empty());
}

BOOST_AUTO_TEST_CASE(what_was_not_granted_is_neither_kept_nor_given_back) {
  RecordedCounters counters;
  counters.grants = false;
  {
    Reservation reservation{counters};
    BOOST_REQUIRE(reservation.add(two_hits, Grant::within_limits, noon, soon).has_value());
    BOOST_REQUIRE(reservation.commit(soon).has_value());
  }
  BOOST_TEST(counters.kept.empty());
  BOOST_TEST(counters.given_back.empty());
}

BOOST_AUTO_TEST_CASE(a_commit_that_failed_can_still_be_given_back) {
  RecordedCounters counters;
  {
    Reservation reservation{counters};
    BOOST_REQUIRE(reservation.add(two_hits, Grant::within_limits, noon, soon).has_value());
    counters.answers = false;
    BOOST_TEST(!reservation.commit(soon).has_value());
  }
  BOOST_TEST(counters.given_back.size() == 2U);
}

}  // namespace
}  // namespace milterward::ports
