// SPDX-License-Identifier: Apache-2.0
// Two real daemons with files of their own and one real Redis: a domain gets one report of
// what both saw. Runs when it is asked for by name.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conf/store_url.h"
#include "policy/backends/redis_connection.h"
#include "policy/backends/sqlite_report_rows.h"
#include "policy/reports/aggregate_rows.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/redis_server.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

/// A mail server that takes all it is given.
class MailTaker {
 public:
  MailTaker() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE(::bind(listener_, any, size) == 0 && ::listen(listener_, 16) == 0 &&
                  ::getsockname(listener_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~MailTaker() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    ::close(listener_);
  }
  unsigned port() const noexcept { return port_; }
  std::vector<std::string> mails() const {
    const std::lock_guard lock{mutex_};
    return mails_;
  }

 private:
  void serve() {
    for (;;) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      talk(client);
      ::close(client);
    }
  }

  void talk(int client) {
    const auto say = [client](std::string_view line) {
      static_cast<void>(::send(client, line.data(), line.size(), MSG_NOSIGNAL));
    };
    std::string heard;
    /// What stands before `end`; "" when the client is gone.
    const auto hear = [&](std::string_view end) {
      for (;;) {
        if (const auto at = heard.find(end); at != std::string::npos) {
          auto text = heard.substr(0, at + end.size());
          heard.erase(0, at + end.size());
          return text;
        }
        std::string chunk(4096, '\0');
        const auto got = ::recv(client, chunk.data(), chunk.size(), 0);
        if (got <= 0) return std::string{};
        heard.append(chunk, 0, static_cast<std::size_t>(got));
      }
    };
    say("220 here\r\n");
    for (auto line = hear("\r\n"); !line.empty(); line = hear("\r\n")) {
      if (line != "DATA\r\n") {
        say("250 well\r\n");
        continue;
      }
      say("354 go on\r\n");
      auto mail = hear("\r\n.\r\n");
      {
        const std::lock_guard lock{mutex_};
        mails_.push_back(std::move(mail));
      }
      say("250 taken\r\n");
    }
  }

  int listener_;
  unsigned port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> mails_;
  std::thread thread_;
};

std::string sharing_configuration(const RedisServer& redis, const MailTaker& taker) {
  return fmt::format(R"([store]
url = "{}"
[report]
send = true
from = "dmarc@local.test"
smtp = "127.0.0.1:{}"
file = "REPORTS"
)",
                     redis.url(), taker.port());
}

/// One daemon that saw messages of a day that is over.
struct SharingHost {
  SharingHost(unsigned dns_port, const std::string& toml,
              const std::vector<std::string>& domains)
      : daemon(dns_port, toml) {
    const auto path = daemon.directory().path("reports.db");
    daemon.rewrite_config("REPORTS", path);
    std::vector<ports::ReportEntry> entries;
    for (const auto& domain : domains) {
      reports::AggregateRow row;
      row.source_ip = "192.0.2.1";
      row.header_from = domain;
      const auto policy =
          reports::published_policy(domain, {}, conf::DmarcDiscovery::treewalk);
      entries.push_back({SystemClock{}.today() - 72h,
                         domain,
                         to_text(policy),
                         to_text(row),
                         {"mailto:in@" + domain}});
    }
    const auto file = backends::open_report_file(path);
    BOOST_REQUIRE(file);
    BOOST_REQUIRE((*file)->add(entries, {100'000'000, 24h, 15min, 10}));
  }
  DaemonProcess daemon;
};

template <class Condition>
void wait_for(Condition condition, const std::string& what) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) BOOST_FAIL("never: " + what);
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reports_with_redis, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE(two_daemons_on_one_redis_send_each_report_once) {
  const RedisServer redis;
  const SlowDns dns;
  const MailTaker taker;
  const auto toml = sharing_configuration(redis, taker);
  SharingHost one{dns.port(), toml, {"a.test", "a.test", "b.test"}};
  SharingHost two{dns.port(), toml, {"a.test", "c.test", "c.test"}};
  const auto connection =
      backends::RedisConnection::open(conf::parse_store_url(redis.url()).value(), 5s);
  BOOST_REQUIRE(connection);
  const auto ask = [&](const std::vector<std::string>& words) {
    const auto reply =
        (*connection)->command(words, Deadline{std::chrono::steady_clock::now() + 5s});
    if (!reply) BOOST_FAIL(reply.fault());
    return *reply;
  };
  // The day has ended long ago, so whoever came first would report at once.
  ask({"SET", "milterward:reports:lease", "the test"});
  for (auto* host : {&one, &two}) host->daemon.start_and_wait();
  wait_for(
      [&] {
        return ask({"ZCARD", "milterward:reports:ends"}).integer == 3;
      },
      "all is handed over");
  wait_for(
      [&] {
        std::size_t left = 0;
        for (const auto* host : {&one, &two}) {
          const auto file =
              backends::open_report_file(host->daemon.directory().path("reports.db"));
          left += (*file)
                      ->ended_at(std::chrono::floor<std::chrono::seconds>(
                                     SystemClock{}.today().time_since_epoch()),
                                 10)
                      .value()
                      .size();
        }
        return left == 0;
      },
      "nothing is left");
  ask({"DEL", "milterward:reports:lease"});
  const auto sent = [&] {
    return one.daemon.events("report.sent").size() +
           two.daemon.events("report.sent").size();
  };
  for (auto* host : {&one, &two}) host->daemon.signal(SIGHUP);  // a round at once
  wait_for([&] { return sent() == 3; }, "three reports");
  for (auto* host : {&one, &two}) {
    host->daemon.signal(SIGHUP);
    host->daemon.wait_event("config.reloaded", 2);
    host->daemon.signal(SIGTERM);
    BOOST_TEST(host->daemon.wait_end().value_or(-1) == 0);
  }
  BOOST_TEST(sent() == 3u);
  BOOST_TEST(taker.mails().size() == 3u);
  std::vector<std::string> made;
  for (auto* host : {&one, &two})
    for (const auto& line : host->daemon.events("report.made")) made.push_back(line);
  BOOST_REQUIRE(made.size() == 3u);
  for (const auto& [domain, messages] :
       {std::pair{"a.test", 3}, std::pair{"b.test", 1}, std::pair{"c.test", 2}})
    BOOST_TEST(std::ranges::count_if(made, [&](const std::string& line) {
                 return line.find(fmt::format("domain={} ", domain)) != std::string::npos &&
                        line.find(fmt::format("messages={}", messages)) !=
                            std::string::npos;
               }) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
