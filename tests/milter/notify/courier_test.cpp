// SPDX-License-Identifier: Apache-2.0
#include "milter/notify/courier.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/recorded_sink.h"

using namespace milterward;
using namespace milterward::notify;
using namespace std::chrono_literals;
using milterward::tests::FakeClock;
using milterward::tests::RecordedSink;

namespace {

/// An errand that waits until it is let go.
class Gate {
 public:
  std::optional<std::string> pass() {
    std::unique_lock lock{mutex_};
    is_reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
    return fault_;
  }
  void wait_until_reached() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return is_reached_; });
  }
  void open(std::optional<std::string> fault = {}) {
    const std::lock_guard lock{mutex_};
    is_open_ = true;
    fault_ = std::move(fault);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_reached_ = false;
  bool is_open_ = false;
  std::optional<std::string> fault_;
};

constexpr auto long_enough = 20s;

SteadyTime soon() { return std::chrono::steady_clock::now() + long_enough; }

struct Working {
  RecordedSink sink;
  Gate gate;
  int stops = 0;
  std::vector<int> gone;  // of the courier's thread until it is finished
  Courier courier{"hook",
                  [this] {
                    ++stops;
                    gate.open("was killed");
                  },
                  std::make_shared<FakeClock>()};

  void send(int number) {
    courier.take(Event::store_failing, [this, number]() -> std::optional<std::string> {
      gone.push_back(number);
      return std::nullopt;
    });
  }
  void send_failing(const std::string& reason) {
    courier.take(Event::store_failing, [reason] { return std::optional{reason}; });
  }
  void block() {
    courier.take(Event::store_failing, [this] { return gate.pass(); });
    gate.wait_until_reached();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(courier)

BOOST_AUTO_TEST_CASE(what_is_handed_in_goes_in_order_and_an_orderly_end_waits_for_it) {
  Working working;
  for (int i = 0; i < 5; ++i) working.send(i);
  working.courier.finish(soon());
  BOOST_TEST(working.gone == (std::vector{0, 1, 2, 3, 4}),
             boost::test_tools::per_element());
  BOOST_TEST(working.stops == 1);
  BOOST_TEST(working.sink.lines().empty());
}

BOOST_AUTO_TEST_CASE(too_many_that_wait_are_dropped_and_counted) {
  Working working;
  working.block();
  const int most = static_cast<int>(Courier::most_waiting);
  for (int i = 0; i < most + 7; ++i) working.send(i);
  working.gate.open();
  working.courier.finish(soon());
  BOOST_TEST(working.gone.size() == Courier::most_waiting);
  BOOST_TEST(working.gone.back() == most - 1);
  BOOST_TEST(
      working.sink.lines() == std::vector<std::string>{"notify.dropped by=hook count=7"},
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_end_without_patience_stops_what_is_under_way_and_drops_the_rest) {
  Working working;
  working.block();
  working.send(1);
  working.send(2);
  working.courier.finish(std::chrono::steady_clock::now());
  BOOST_TEST(working.gone.empty());
  BOOST_TEST(working.stops == 1);
  const std::vector<std::string> want{
      "notify.failed by=hook about=store.failing reason=was killed count=1",
      "notify.dropped by=hook count=2"};
  BOOST_TEST(working.sink.lines() == want, boost::test_tools::per_element());
  working.send(3);
  working.courier.finish(soon());  // a second time, as at the end of the process
  BOOST_TEST(working.gone.empty());
}

BOOST_AUTO_TEST_CASE(failures_are_one_line_a_minute_and_the_end_tells_the_rest) {
  Working working;
  for (int i = 0; i < 5; ++i) working.send_failing("status 3");
  working.courier.finish(soon());
  const std::vector<std::string> want{
      "notify.failed by=hook about=store.failing reason=status 3 count=1",
      "notify.failed by=hook count=4"};
  BOOST_TEST(working.sink.lines() == want, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_errand_for_which_there_is_no_memory_ends_no_courier) {
  Working working;
  working.courier.take(Event::store_failing,
                       []() -> std::optional<std::string> { throw std::bad_alloc{}; });
  working.send(1);
  working.courier.finish(soon());
  BOOST_TEST(working.gone == std::vector{1}, boost::test_tools::per_element());
  BOOST_REQUIRE(working.sink.lines().size() == 1U);
  BOOST_TEST(working.sink.lines()[0].starts_with("callback.failed where=notify"));
}

BOOST_AUTO_TEST_SUITE_END()
