// SPDX-License-Identifier: Apache-2.0
// Quotas of the real daemon under a crowd: exactly as many as allowed get through, and a
// sudden death lets none more.
#include <fmt/format.h>
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/milter/crowd.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"

using namespace milterward::tests;

namespace {

constexpr std::size_t connections = 64;
constexpr std::size_t limit = 1000;

/// STORE stands for a path of the daemon's own.
constexpr auto quota_configuration = R"([store]
url = "sqlite:STORE"
[quota]
mode = "enforce"
default_class = "standard"
[[quota.class]]
name = "standard"
limits = ["messages=1000/24h"]
at_limit = "reject"
)";

struct Counting {
  Counting() : daemon(dns.port(), quota_configuration) {
    daemon.rewrite_config("STORE", daemon.directory().path("state.db"));
    daemon.start_and_wait();
  }
  SlowDns dns;
  DaemonProcess daemon;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(quota)

BOOST_AUTO_TEST_CASE(of_a_crowd_exactly_as_many_pass_as_the_limit_allows) {
  Counting counting;
  Crowd crowd{{counting.daemon.socket()}, connections, limit * 3 / 2};
  crowd.wait();
  BOOST_TEST(crowd.passed() == limit);
  BOOST_TEST(crowd.refused() == limit / 2);
  BOOST_TEST(crowd.a_refusal().starts_with(
      "550 5.7.28 quota.account.messages_per_24h: joe has used 1000 of 1000 messages/24h, "
      "room again at "));
}

BOOST_AUTO_TEST_CASE(a_sudden_death_lets_none_more_through) {
  Counting counting;
  Crowd crowd{{counting.daemon.socket()}, connections, limit * 2};
  crowd.wait_until_passed(limit / 2);
  counting.daemon.signal(SIGKILL);
  counting.daemon.wait_end();
  counting.daemon.start_and_wait();
  crowd.wait();
  BOOST_TEST(crowd.passed() <= limit);
  BOOST_TEST(crowd.passed() + connections >= limit);  // in flight when it died
  BOOST_TEST(crowd.cut() <= connections);
  BOOST_TEST(crowd.refused() > 0U);
}

BOOST_AUTO_TEST_CASE(a_reload_keeps_the_counts) {
  Counting counting;
  counting.daemon.rewrite_config("messages=1000/24h", "messages=1/24h");
  counting.daemon.signal(SIGHUP);
  counting.daemon.wait_event("config.reloaded");
  Crowd crowd{{counting.daemon.socket()}, 4, 10};
  crowd.wait();
  BOOST_TEST(crowd.passed() == 1U);
  counting.daemon.signal(SIGHUP);
  counting.daemon.wait_event("config.reloaded", 2);
  Crowd another{{counting.daemon.socket()}, 4, 10};
  another.wait();
  BOOST_TEST(another.passed() == 0U);
}

BOOST_AUTO_TEST_CASE(an_orderly_end_keeps_the_counts) {
  Counting counting;
  counting.daemon.rewrite_config("messages=1000/24h", "messages=5/24h");
  counting.daemon.signal(SIGHUP);
  counting.daemon.wait_event("config.reloaded");
  Crowd crowd{{counting.daemon.socket()}, 4, 3};
  crowd.wait();
  BOOST_TEST(crowd.passed() == 3U);
  counting.daemon.signal(SIGTERM);
  BOOST_TEST(counting.daemon.wait_end().value_or(-1) == 0);
  counting.daemon.start_and_wait();
  Crowd another{{counting.daemon.socket()}, 4, 10};
  another.wait();
  BOOST_TEST(another.passed() == 2U);
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_opened_is_told_at_the_start) {
  SlowDns dns;
  DaemonProcess daemon{dns.port(), quota_configuration};
  daemon.rewrite_config("STORE", "/nonexistent/state.db");
  daemon.start();
  BOOST_TEST(daemon.wait_end().value_or(-1) == 1);
  BOOST_TEST(daemon.log().find("/nonexistent/state.db") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
