// SPDX-License-Identifier: Apache-2.0
// Quotas of real daemons that share a real Redis: together exactly as many messages pass as
// allowed, and what happens while it is away. Runs when it is asked for by name.
#include <fmt/format.h>
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "policy/backends/redis_counters.h"
#include "tests/milter/crowd.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/redis_server.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t many_connections = 64;
constexpr std::size_t daily_limit = 1000;
constexpr std::size_t no_end = 1'000'000'000;

std::string shared_configuration(const std::string& url, const std::string& limits,
                                 const std::string& on_outage = "defer", int hosts = 2) {
  return fmt::format(R"([store]
url = "{}"
on_outage = "{}"
hosts = {}
[quota]
mode = "enforce"
default_class = "standard"
warn_at = 0
[[quota.class]]
name = "standard"
limits = ["{}"]
)",
                     url, on_outage, hosts, limits);
}

/// What all daemons together have counted for joe.
std::uint64_t counted(const RedisServer& redis) {
  conf::StoreSettings settings{redis.url(), 5s, conf::StoreSync::process,
                               conf::OnOutage::defer, 1};
  const auto clock = std::make_shared<SystemClock>();
  backends::RedisCounters counters{settings, clock};
  const ports::Hit hit{"account:messages/24h:joe", ports::CountingWindow::rolling(24h), 0,
                       no_end};
  const auto result = counters.hit({&hit, 1}, ports::Grant::within_limits,
                                   ports::since_1970(*clock), Deadline::after(*clock, 5s));
  BOOST_REQUIRE(result.has_value());
  return result->counts[0].used;
}

struct Daemons {
  explicit Daemons(const std::string& toml) : one(dns.port(), toml), two(dns.port(), toml) {
    one.start_and_wait();
    two.start_and_wait();
  }
  SlowDns dns;
  DaemonProcess one;
  DaemonProcess two;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(quota_with_redis, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE(with_redis_exactly_as_many_pass_as_the_limit_allows) {
  const RedisServer redis;
  SlowDns dns;
  DaemonProcess daemon{dns.port(), shared_configuration(redis.url(), "messages=1000/24h")};
  daemon.start_and_wait();
  Crowd crowd{{daemon.socket()}, many_connections, daily_limit * 3 / 2};
  crowd.wait();
  BOOST_TEST(crowd.passed() == daily_limit);
  BOOST_TEST(crowd.refused() == daily_limit / 2);
  BOOST_TEST(counted(redis) == daily_limit);
}

BOOST_AUTO_TEST_CASE(two_daemons_on_one_redis_share_the_limit) {
  const RedisServer redis;
  Daemons daemons{shared_configuration(redis.url(), "messages=1000/24h")};
  Crowd crowd{
      {daemons.one.socket(), daemons.two.socket()}, many_connections, daily_limit * 3 / 2};
  crowd.wait();
  BOOST_TEST(crowd.passed() == daily_limit);
  BOOST_TEST(crowd.refused() == daily_limit / 2);
  BOOST_TEST(daemons.one.events("message.decided").size() > 0U);
  BOOST_TEST(daemons.two.events("message.decided").size() > 0U);
}

BOOST_AUTO_TEST_CASE(with_redis_a_sudden_death_lets_none_more_through) {
  const RedisServer redis;
  SlowDns dns;
  DaemonProcess daemon{dns.port(), shared_configuration(redis.url(), "messages=1000/24h")};
  daemon.start_and_wait();
  Crowd crowd{{daemon.socket()}, many_connections, daily_limit * 2};
  crowd.wait_until_passed(daily_limit / 2);
  daemon.signal(SIGKILL);
  daemon.wait_end();
  daemon.start_and_wait();
  crowd.wait();
  BOOST_TEST(crowd.passed() <= daily_limit);
  BOOST_TEST(crowd.passed() + many_connections >= daily_limit);  // in flight when it died
  BOOST_TEST(crowd.refused() > 0U);
}

BOOST_AUTO_TEST_CASE(while_redis_is_away_mail_is_deferred_and_none_is_lost) {
  RedisServer redis;
  SlowDns dns;
  DaemonProcess daemon{dns.port(),
                       shared_configuration(redis.url(), "messages=1000000/24h")};
  daemon.start_and_wait();
  Crowd crowd{{daemon.socket()}, many_connections, no_end};
  for (int outage = 0; outage < 2; ++outage) {
    crowd.wait_until_passed(crowd.passed() + 300);
    redis.stop();
    crowd.wait_until_refused(crowd.refused() + 300);
    BOOST_TEST(crowd.a_refusal().starts_with("451 4.3.0 Quotas cannot be counted"));
    redis.start();
  }
  crowd.wait_until_passed(crowd.passed() + 300);
  crowd.end();
  crowd.wait();
  BOOST_TEST(crowd.cut() == 0U);
  BOOST_TEST((crowd.longest_wait() < 10s));  // store.timeout is 2 s
  BOOST_TEST(counted(redis) >= crowd.passed());
  BOOST_TEST(counted(redis) <=
             crowd.passed() + 2 * many_connections);  // given back in vain
  BOOST_TEST_MESSAGE(fmt::format("passed {} deferred {} counted {} longest wait {} ms",
                                 crowd.passed(), crowd.refused(), counted(redis),
                                 crowd.longest_wait().count()));
}

BOOST_AUTO_TEST_CASE(while_redis_is_away_two_daemons_go_on_within_their_shares) {
  RedisServer redis;
  Daemons daemons{shared_configuration(redis.url(), "messages=2000/24h", "local_share", 2)};
  Crowd crowd{{daemons.one.socket(), daemons.two.socket()}, many_connections, no_end};
  crowd.wait_until_passed(500);
  redis.stop();
  const auto before = crowd.passed();
  crowd.wait_until_passed(before + 500);
  redis.start();
  daemons.one.wait_event("store.merged");
  daemons.two.wait_event("store.merged");
  crowd.wait_until_refused(500);
  crowd.end();
  crowd.wait();
  BOOST_TEST(crowd.cut() == 0U);
  BOOST_TEST((crowd.longest_wait() < 10s));
  BOOST_TEST(crowd.passed() <= 2U * 2000);  // the bound that the manual promises
  BOOST_TEST(counted(redis) >= crowd.passed());
  BOOST_TEST(counted(redis) <= crowd.passed() + 2 * many_connections);
  BOOST_TEST_MESSAGE(fmt::format("passed {} counted {} longest wait {} ms", crowd.passed(),
                                 counted(redis), crowd.longest_wait().count()));
}

BOOST_AUTO_TEST_SUITE_END()
