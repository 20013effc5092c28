// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/worker_pool.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace milterward::front;
using namespace std::chrono_literals;

namespace {

/// Lets threads meet: each waits until so many have come.
class Meeting {
 public:
  void wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    ++here_;
    changed_.notify_all();
    changed_.wait_for(lock, 20s, [&] { return here_ >= count; });
  }
  std::size_t here() {
    const std::lock_guard lock{mutex_};
    return here_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t here_ = 0;
};

template <class Condition>
bool comes_true(Condition condition) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(worker_pool)

BOOST_AUTO_TEST_CASE(nobody_waits_for_somebody_else) {
  Meeting meeting;
  WorkerPool pool{[&](const auto&) { meeting.wait_for(50); }, 20ms};
  for (int i = 0; i < 50; ++i) BOOST_REQUIRE(pool.hand_over(std::make_shared<Seat>(-1)));
  BOOST_TEST(comes_true([&] { return meeting.here() == 50; }));
}

BOOST_AUTO_TEST_CASE(threads_are_used_again_and_end_when_nobody_comes) {
  std::atomic<int> served{0};
  WorkerPool pool{[&](const auto&) { ++served; }, 200ms};
  for (int i = 1; i <= 100; ++i) {
    BOOST_REQUIRE(pool.hand_over(std::make_shared<Seat>(-1)));
    BOOST_REQUIRE(comes_true([&] { return served == i; }));
  }
  BOOST_TEST(pool.threads() <= 100U);
  BOOST_TEST(comes_true([&] { return pool.threads() == 0; }));
  BOOST_REQUIRE(pool.hand_over(std::make_shared<Seat>(-1)));
  BOOST_TEST(comes_true([&] { return served == 101; }));
}

BOOST_AUTO_TEST_CASE(its_end_waits_for_those_at_work) {
  std::atomic<bool> done{false};
  {
    WorkerPool pool{[&](const auto&) {
                      std::this_thread::sleep_for(100ms);
                      done = true;
                    },
                    1h};
    BOOST_REQUIRE(pool.hand_over(std::make_shared<Seat>(-1)));
  }
  BOOST_TEST(done);
}

BOOST_AUTO_TEST_SUITE_END()
