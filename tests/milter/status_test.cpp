// SPDX-License-Identifier: Apache-2.0
// The real daemon is looked at by HTTP: what it counts is what it did, and whoever looks is
// in nobody's way.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/contains.h"
#include "tests/support/http_client.h"
#include "tests/support/loopback_port.h"

using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

bool is_so_in_time(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  do {
    if (condition()) return true;
    std::this_thread::sleep_for(20ms);
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

/// The sum of all samples whose line begins so; -1 where there is none.
double sum_of(const std::string& metrics, const std::string& beginning) {
  double sum = -1;
  std::istringstream lines{metrics};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(beginning))
      sum = (sum < 0 ? 0 : sum) + std::stod(line.substr(line.rfind(' ')));
  return sum;
}

/// Our name of the message that the line is about.
std::string id_of(const std::string& line) {
  const auto at = line.find(" id=") + 4;
  return line.substr(at, line.find(' ', at) - at);
}

struct Watched {
  explicit Watched(const std::string& settings = "")
      : daemon(dns.port(), fmt::format("[status]\nlisten = \"127.0.0.1:{}\"\n{}",
                                       port.number(), settings)) {}

  std::string metrics() const { return get_http(port.number(), "/metrics").body; }
  /// A message that passes, and one recipient that is refused.
  void converse(int times) const {
    MilterClient mta{daemon.socket()};
    mta.begin("198.51.100.1");
    for (int i = 0; i < times; ++i) {
      BOOST_TEST(mta.message().answer.command == 'c');
      mta.mail("a@sender.test");
      BOOST_TEST(mta.rcpt("x@elsewhere.test").command == 'y');
      mta.abort();
    }
  }
  /// How many decisions of that kind the journal has, by its own tool.
  std::size_t journaled(const std::string& option) const {
    const auto found =
        run_binary({"log", "--config", daemon.config_file(), "--json", option});
    std::size_t lines = 0;
    std::istringstream text{found.output};
    for (std::string line; std::getline(text, line);) lines += line.starts_with("{");
    return lines;
  }

  LoopbackPort port;
  SlowDns dns;
  DaemonProcess daemon;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(what_is_counted_is_what_the_journal_has) {
  Watched watched;
  watched.daemon.start_and_wait();
  watched.converse(7);
  BOOST_TEST(is_so_in_time([&] {
    return sum_of(watched.metrics(), "milterward_journal_entries_written_total") == 14;
  }));
  const auto metrics = watched.metrics();
  BOOST_TEST(sum_of(metrics,
                    "milterward_messages_total{direction=\"inbound\","
                    "verdict=\"accept\"") == 7);
  BOOST_TEST(sum_of(metrics, "milterward_messages_total") == 7);
  BOOST_TEST(sum_of(metrics,
                    "milterward_early_decisions_total{step=\"recipient\","
                    "direction=\"inbound\",verdict=\"reject\","
                    "rule=\"relay.denied\"") == 7);
  BOOST_TEST(watched.journaled("--limit=1000") == 14U);
  BOOST_TEST(sum_of(metrics, "milterward_auth_results_total{method=\"spf\"") == 7);
  BOOST_TEST(sum_of(metrics, "milterward_message_duration_seconds_count") == 7);
  BOOST_TEST(sum_of(metrics, "milterward_stage_duration_seconds_count{stage=\"rcpt\"") ==
             14);
  BOOST_TEST(sum_of(metrics, "milterward_dns_questions_total{outcome=\"sent\"") > 0);
  BOOST_TEST(sum_of(metrics, "milterward_dns_answers_total{result=\"no_domain\"") > 0);
  BOOST_TEST(sum_of(metrics, "milterward_events_total{event=\"message.decided\"") == 7);
  BOOST_TEST(sum_of(metrics, "milterward_journal_entries_dropped_total") == 0);
  BOOST_TEST(sum_of(metrics, "process_resident_memory_bytes") > 1e6);
  // No stranger, and nobody of ours, is named by numbers.
  for (const auto* name : {"sender.test", "local.test", "elsewhere", "198.51.100"})
    BOOST_TEST(!contains(metrics, name), name);
}

BOOST_AUTO_TEST_CASE(a_message_under_way_is_seen) {
  Watched watched;
  watched.daemon.start_and_wait();
  MilterClient mta{watched.daemon.socket()};
  mta.begin("198.51.100.1");
  const auto in_message = "milterward_connections{state=\"in_message\"}";
  BOOST_TEST(sum_of(watched.metrics(), in_message) == 0);
  mta.mail("a@sender.test");
  BOOST_TEST(is_so_in_time([&] { return sum_of(watched.metrics(), in_message) == 1; }));
}

BOOST_AUTO_TEST_CASE(whoever_asks_wrongly_is_told_so) {
  Watched watched;
  watched.daemon.start_and_wait();
  const auto port = watched.port.number();
  const auto head = send_http(port, "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.body.empty());
  BOOST_TEST(contains(head.header, "Content-Security-Policy: default-src 'none'"));
  BOOST_TEST(get_http(port, "/nothing").status == 404);
  BOOST_TEST(send_http(port, "POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").status ==
             405);
  BOOST_TEST(
      send_http(port, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n").status == 421);
  BOOST_TEST(send_http(port, "nonsense\r\n\r\n").status == 400);
  BOOST_TEST(
      send_http(port, "GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x'))
          .status == 431);
  BOOST_TEST(get_http(port, "/metrics", "Range: bytes=0-0,0-0\r\n").status == 200);
  BOOST_TEST(get_http(port, "/metrics?a=%00%ff&b").status == 200);
}

BOOST_AUTO_TEST_CASE(those_who_say_nothing_hold_up_neither_mail_nor_the_end) {
  Watched watched;
  watched.daemon.start_and_wait();
  std::vector<int> silent;
  for (int i = 0; i < 30; ++i) silent.push_back(connect_http(watched.port.number()));
  watched.converse(3);
  watched.daemon.signal(SIGTERM);
  // Each would have five seconds, three at a time.
  BOOST_TEST(watched.daemon.wait_end(25s).value_or(-1) == 0);
  for (const int fd : silent) ::close(fd);
}

BOOST_AUTO_TEST_CASE(those_who_say_nothing_are_sent_away_in_time) {
  Watched watched;
  watched.daemon.start_and_wait();
  std::vector<int> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(connect_http(watched.port.number()));
  BOOST_TEST(get_http(watched.port.number(), "/metrics").status == 200);  // after 5 s
  for (const int fd : silent) ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_reload_opens_moves_and_closes_it) {
  Watched watched;
  LoopbackPort other;
  const auto listen = fmt::format("listen = \"127.0.0.1:{}\"", watched.port.number());
  const auto moved = fmt::format("listen = \"127.0.0.1:{}\"", other.number());
  watched.daemon.rewrite_config(listen, "listen = \"\"");
  watched.daemon.start_and_wait();
  BOOST_TEST(get_http(watched.port.number(), "/metrics").status == 0);
  watched.converse(1);
  std::size_t reloads = 0;
  const auto reload = [&](const std::string& from, const std::string& to) {
    watched.daemon.rewrite_config(from, to);
    watched.daemon.signal(SIGHUP);
    watched.daemon.wait_event("config.reloaded", ++reloads);
  };
  reload("listen = \"\"", listen);
  BOOST_TEST(sum_of(watched.metrics(), "milterward_messages_total") == 1);
  BOOST_TEST(sum_of(watched.metrics(), "milterward_config_last_reload_successful") == 1);
  reload(listen, moved);
  BOOST_TEST(get_http(watched.port.number(), "/metrics").status == 0);
  BOOST_TEST(get_http(other.number(), "/metrics").status == 200);
  reload(moved, "listen = \"\"");
  BOOST_TEST(get_http(other.number(), "/metrics").status == 0);
}

BOOST_AUTO_TEST_CASE(a_port_that_somebody_has_is_told_with_its_place_in_the_file) {
  Watched first;
  first.daemon.start_and_wait();
  SlowDns dns;
  DaemonProcess second{dns.port(), fmt::format("[status]\nlisten = \"127.0.0.1:{}\"\n",
                                               first.port.number())};
  second.start();
  BOOST_TEST(second.wait_end().value_or(-1) == 1);
  BOOST_TEST(contains(second.log(), ": status.listen: 127.0.0.1:"));
  BOOST_TEST(contains(second.log(), "Address already in use"));
  BOOST_TEST(contains(second.log(), "milterward.toml:1"));  // and the line
  // At a reload what is in force stays.
  second.rewrite_config(fmt::format("127.0.0.1:{}", first.port.number()), "");
  second.start_and_wait();
  second.rewrite_config("listen = \"\"",
                        fmt::format("listen = \"127.0.0.1:{}\"", first.port.number()));
  second.signal(SIGHUP);
  BOOST_TEST(contains(second.wait_event("config.kept"), "status.listen"));
}

BOOST_AUTO_TEST_CASE(the_page_names_domains_to_all_and_people_to_who_has_the_token) {
  Watched watched{"token_file = \"TOKEN\"\n"};
  const auto token = watched.daemon.directory().path("token");
  std::ofstream{token} << "opensesame\n";
  ::chmod(token.c_str(), 0600);
  watched.daemon.rewrite_config("TOKEN", token);
  watched.daemon.start_and_wait();
  watched.converse(3);
  const auto port = watched.port.number();
  BOOST_TEST(is_so_in_time([&] {
    return sum_of(watched.metrics(), "milterward_journal_entries_written_total") == 6;
  }));
  const auto hidden = get_http(port, "/").body;
  BOOST_TEST(contains(hidden, "sender.test"));
  BOOST_TEST(contains(hidden, "3 accept"));
  BOOST_TEST(!contains(hidden, "a@sender.test"));
  BOOST_TEST(!contains(hidden, "198.51.100.1"));
  const std::string bearer = "Authorization: Bearer opensesame\r\n";
  BOOST_TEST(contains(get_http(port, "/", bearer).body, "198.51.100.1"));
  const auto id = id_of(watched.daemon.wait_event("message.decided"));
  const auto found = get_http(port, "/search?q=" + id).body;
  BOOST_TEST(contains(found, "inbound.accepted"));
  BOOST_TEST(!contains(found, "a@sender.test"));
  BOOST_TEST(!contains(found, "198.51.100.1"));
  BOOST_TEST(contains(get_http(port, "/search?q=" + id, bearer).body, "a@sender.test"));
  BOOST_TEST(contains(get_http(port, "/search?q=nothing").body, "Nothing is known of"));
  BOOST_TEST(get_http(port, "/search").status == 400);

  const auto asked = get_http(port, "/token");
  BOOST_TEST(asked.status == 401);
  BOOST_TEST(contains(asked.header, "WWW-Authenticate: Basic realm="));
  BOOST_TEST(contains(get_http(port, "/token", bearer).body, "198.51.100.1"));
  BOOST_TEST(get_http(port, "/", "Authorization: Bearer wrong\r\n").status == 401);
  BOOST_TEST(contains(get_http(port, "/style.css").header, "Content-Type: text/css"));

  for (int guess = 0; guess < 10; ++guess)
    get_http(port, "/", "Authorization: Bearer wrong\r\n");
  BOOST_TEST(get_http(port, "/token", bearer).status == 429);
  BOOST_TEST(contains(watched.daemon.wait_event("status.guessing"), "client=127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(without_a_token_nobody_sees_people) {
  Watched watched;
  watched.daemon.start_and_wait();
  watched.converse(1);
  const auto port = watched.port.number();
  const std::string bearer = "Authorization: Bearer \r\n";
  BOOST_TEST(!contains(get_http(port, "/", bearer).body, "198.51.100.1"));
  BOOST_TEST(get_http(port, "/token").status == 404);
  const auto id = id_of(watched.daemon.wait_event("message.decided"));
  BOOST_TEST(is_so_in_time([&] {
    return contains(get_http(port, "/search?q=" + id).body, "inbound.accepted");
  }));
  BOOST_TEST(!contains(get_http(port, "/search?q=" + id).body, "a@sender.test"));
}

BOOST_AUTO_TEST_CASE(a_token_that_others_may_read_opens_nothing) {
  Watched watched{"token_file = \"TOKEN\"\n"};
  const auto token = watched.daemon.directory().path("token");
  std::ofstream{token} << "opensesame\n";
  ::chmod(token.c_str(), 0644);
  watched.daemon.rewrite_config("TOKEN", token);
  watched.daemon.start_and_wait();
  BOOST_TEST(contains(watched.daemon.wait_event("config.warning"), "status.token_file"));
  BOOST_TEST(
      get_http(watched.port.number(), "/token", "Authorization: Bearer opensesame\r\n")
          .status == 404);
  const auto checked = run_binary({"check-config", watched.daemon.config_file()});
  BOOST_TEST(checked.code == 78);
  BOOST_TEST(contains(checked.output, "chmod o-rwx"));
  watched.daemon.signal(SIGHUP);
  BOOST_TEST(contains(watched.daemon.wait_event("config.kept"), "status.token_file"));
  ::chmod(token.c_str(), 0600);
  watched.daemon.signal(SIGHUP);
  watched.daemon.wait_event("config.reloaded");
  BOOST_TEST(
      get_http(watched.port.number(), "/token", "Authorization: Bearer opensesame\r\n")
          .status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
