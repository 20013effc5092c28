// SPDX-License-Identifier: Apache-2.0
// The shared store, with a real Redis: many daemons, one truth, and what happens while it
// is away.
#include "policy/backends/redis_counters.h"

#include <signal.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/policy/backends/counters_suite.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/support/redis_server.h"

using namespace milterward;
using namespace milterward::backends;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

/// At noon of the suite, for ever.
class ClockAtNoon final : public Clock {
 public:
  SteadyTime now() const noexcept override { return std::chrono::steady_clock::now(); }
  WallTime today() const noexcept override { return WallTime{noon}; }
};

conf::StoreSettings store_settings(const std::string& url,
                                   conf::OnOutage on_outage = conf::OnOutage::defer,
                                   std::size_t hosts = 1) {
  return {url, 500ms, conf::StoreSync::process, on_outage, hosts};
}

/// Ignores SIGPIPE, as the daemon does.
class Daemon {
 public:
  explicit Daemon(conf::StoreSettings settings)
      : counters_((::signal(SIGPIPE, SIG_IGN), std::move(settings)),
                  std::make_shared<ClockAtNoon>()) {}
  operator ports::Counters&() { return counters_; }

 private:
  RedisCounters counters_;
};

std::uint64_t used_of(ports::Counters& counters, const std::string& name) {
  const auto hit = hit_on(name, 0, 1'000'000);
  const auto result = counters.hit({&hit, 1}, ports::Grant::within_limits, noon, soon());
  if (!result) BOOST_FAIL(result.fault().reason);
  return result->counts[0].used;
}

std::string wait_for_event(const RecordedEvents& events, const std::string& name) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < limit) {
    for (const auto& text : events.texts())
      if (text.starts_with(name)) return text;
    std::this_thread::sleep_for(1ms);
  }
  BOOST_FAIL("no event " + name);
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_counters)

BOOST_AUTO_TEST_CASE(redis_keeps_every_rule_of_counters) {
  const RedisServer server;
  Daemon counters{store_settings(server.url())};
  check_every_rule_of_counters(counters);
}

BOOST_AUTO_TEST_CASE(a_unix_socket_serves_as_well) {
  const RedisServer server;
  Daemon counters{store_settings(server.socket_url())};
  BOOST_TEST(pass_one(counters, hit_on("a", 1, 1)));
  BOOST_TEST(!pass_one(counters, hit_on("a", 1, 1)));
}

BOOST_AUTO_TEST_CASE(two_daemons_never_see_the_last_place_twice) {
  const RedisServer server;
  Daemon one{store_settings(server.url())};
  Daemon two{store_settings(server.url())};
  const auto hit = hit_on("crowd", 1, 1000);
  std::size_t passed_by_one = 0;
  std::thread other{[&] { passed_by_one = let_through(one, hit, 32, 2000); }};
  const auto passed_by_two = let_through(two, hit, 32, 2000);
  other.join();
  BOOST_TEST(passed_by_one + passed_by_two == 1000U);
  BOOST_TEST(passed_by_one > 0U);
  BOOST_TEST(passed_by_two > 0U);
}

BOOST_AUTO_TEST_CASE(counts_outlive_daemon_and_server) {
  RedisServer server;
  {
    Daemon counters{store_settings(server.url())};
    BOOST_TEST(pass_one(counters, hit_on("a", 5, 10)));
  }
  server.stop();
  server.start();
  Daemon counters{store_settings(server.url())};
  BOOST_TEST(used_of(counters, "a") == 5U);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_told_at_once_and_waited_for) {
  const RecordedEvents events;
  RedisServer server;
  Daemon counters{store_settings(server.url())};
  BOOST_TEST(pass_one(counters, hit_on("a", 1, 10)));
  server.stop();
  for (int i = 0; i < 100; ++i) BOOST_TEST(!pass_one(counters, hit_on("a", 1, 10)));
  wait_for_event(events, "store.failing");
  server.start();
  wait_for_event(events, "store.recovered");
  BOOST_TEST(pass_one(counters, hit_on("a", 1, 10)));
  BOOST_TEST(used_of(counters, "a") == 2U);
}

BOOST_AUTO_TEST_CASE(a_server_that_stands_still_holds_nobody_past_the_deadline) {
  const RedisServer server;
  Daemon counters{store_settings(server.url())};
  BOOST_TEST(pass_one(counters, hit_on("a", 1, 10)));
  server.freeze();
  const auto hit = hit_on("a", 1, 10);
  const auto begin = std::chrono::steady_clock::now();
  ports::Counters& frozen = counters;
  BOOST_TEST(
      !frozen.hit({&hit, 1}, ports::Grant::within_limits, noon, Deadline{begin + 300ms})
           .has_value());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 2s));  // store.timeout
  server.thaw();
}

/// Both daemons go on within their share, count on from where they were when the server is
/// back, and let no more through than is promised.
BOOST_AUTO_TEST_CASE(while_the_server_is_away_each_goes_on_within_its_share) {
  const RecordedEvents events;
  RedisServer server;
  const auto hit = hit_on("a", 1, 100);
  std::size_t passed = 0;
  {
    const auto settings = store_settings(server.url(), conf::OnOutage::local_share, 2);
    Daemon one{settings};
    Daemon two{settings};
    for (int i = 0; i < 30; ++i) passed += pass_one(i % 2 == 0 ? one : two, hit) ? 1 : 0;
    BOOST_TEST(passed == 30U);
    server.stop();
    for (int i = 0; i < 200; ++i) passed += pass_one(i % 2 == 0 ? one : two, hit) ? 1 : 0;
    BOOST_TEST(passed == 130U);  // half of 100 each
    server.start();
    wait_for_event(events, "store.merged");
    // A second outage of the same day gives nobody a second share.
    server.stop();
    for (int i = 0; i < 50; ++i) passed += pass_one(one, hit) ? 1 : 0;
    BOOST_TEST(passed == 130U);
    server.start();
  }
  Daemon later{store_settings(server.url())};
  BOOST_TEST(used_of(later, "a") == 130U);
  BOOST_TEST(!pass_one(later, hit));
  const auto texts = events.texts();
  BOOST_TEST(std::ranges::any_of(texts, [](const std::string& text) {
    return text.starts_with("store.merged") && text.ends_with("overshoot=30");
  }));
}

/// Threads that hand in messages until their end.
class Load {
 public:
  Load(ports::Counters& counters, const ports::Hit& hit, std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this, &counters, hit] {
        while (goes_on_)
          if (pass_one(counters, hit)) ++passed_;
      });
  }
  ~Load() { end(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void end() {
    goes_on_ = false;
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  std::size_t passed() const noexcept { return passed_; }
  void wait_for_more(std::size_t count) const {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    for (const auto before = passed(); passed() < before + count;) {
      if (std::chrono::steady_clock::now() > limit) BOOST_FAIL("nothing passes");
      std::this_thread::sleep_for(1ms);
    }
  }

 private:
  std::atomic<std::size_t> passed_{0};
  std::atomic<bool> goes_on_{true};
  std::vector<std::thread> threads_;
};

BOOST_AUTO_TEST_CASE(stopped_and_started_under_load_it_loses_no_count) {
  constexpr std::size_t threads = 16;
  const RecordedEvents events;
  RedisServer server;
  const auto hit = hit_on("crowd", 1, 1'000'000'000);
  std::size_t passed = 0;
  {
    Daemon counters{store_settings(server.url(), conf::OnOutage::local_share, 1)};
    Load load{counters, hit, threads};
    for (int outage = 0; outage < 2; ++outage) {
      load.wait_for_more(500);
      server.stop();
      load.wait_for_more(500);
      server.start();
    }
    wait_for_event(events, "store.merged");
    load.wait_for_more(500);
    load.end();
    passed = load.passed();
  }
  Daemon later{store_settings(server.url())};
  const auto counted = used_of(later, "crowd");
  BOOST_TEST(counted >= passed);
  BOOST_TEST(counted <= passed + 2 * threads * 2);  // in flight when the server went
}

BOOST_AUTO_TEST_CASE(sentinels_lead_to_the_master_and_to_the_next_one) {
  const RecordedEvents events;
  RedisServer master;
  const RedisServer replica{Replica{}, master};
  master.wait_until_log_has("Synchronization with replica");
  replica.wait_until_log_has("MASTER <-> REPLICA sync: Finished");
  const RedisServer sentinel{Sentinel{}, master};
  sentinel.wait_until_log_has("+slave");
  Daemon counters{store_settings(sentinel.sentinel_url())};
  BOOST_TEST(pass_one(counters, hit_on("a", 7, 100)));
  const auto hit = hit_on("a", 1, 100);
  // A replica that has the count is what the next master is made of.
  {
    Daemon reader{store_settings(replica.url())};
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < limit && used_of(reader, "a") != 7U)
      std::this_thread::sleep_for(1ms);
  }
  master.stop();
  BOOST_TEST(!pass_one(counters, hit));
  wait_for_event(events, "store.recovered");
  BOOST_TEST(used_of(counters, "a") == 7U);
  BOOST_TEST(pass_one(counters, hit));
  Daemon direct{store_settings(replica.url())};
  BOOST_TEST(used_of(direct, "a") == 8U);
}

BOOST_AUTO_TEST_SUITE_END()
