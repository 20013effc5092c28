// SPDX-License-Identifier: Apache-2.0
// The daemon starts, reloads, drains and ends as its manual says.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "milter/front/listening_socket.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/contains.h"

using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

struct Ready {
  explicit Ready(const std::string& further = "") : daemon(dns.port(), further) {
    daemon.start_and_wait();
  }
  SlowDns dns;
  DaemonProcess daemon;
};

using milterward::tests::contains;

std::string relay_answer(MilterClient& mta, const std::string& to) {
  mta.mail("a@sender.test");
  const auto answer = mta.rcpt(to);
  mta.abort();
  return answer.data.substr(0, 3);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(life)

BOOST_AUTO_TEST_CASE(a_reload_counts_for_new_connections_only) {
  Ready ready;
  MilterClient before{ready.daemon.socket()};
  before.begin("198.51.100.1");
  BOOST_TEST(relay_answer(before, "x@new.test") == "550");

  ready.daemon.rewrite_config("[\"local.test\"]", "[\"local.test\", \"new.test\"]");
  ready.daemon.signal(SIGHUP);
  ready.daemon.wait_event("config.reloaded");
  BOOST_TEST(relay_answer(before, "x@new.test") == "550");
  MilterClient after{ready.daemon.socket()};
  after.begin("198.51.100.1");
  BOOST_TEST(relay_answer(after, "x@new.test") == "");
}

BOOST_AUTO_TEST_CASE(a_reload_with_errors_keeps_the_old_configuration_and_says_why) {
  Ready ready;
  ready.daemon.rewrite_config("[relay]", "[relay]\nnonsense = 1");
  ready.daemon.signal(SIGHUP);
  const auto kept = ready.daemon.wait_event("config.kept");
  BOOST_TEST(contains(kept, "nonsense"));
  MilterClient mta{ready.daemon.socket()};
  mta.begin("198.51.100.1");
  BOOST_TEST(mta.message().answer.command == 'c');
}

BOOST_AUTO_TEST_CASE(a_directory_in_place_of_the_configuration_ends_no_daemon) {
  Ready ready;
  std::filesystem::remove(ready.daemon.config_file());
  std::filesystem::create_directory(ready.daemon.config_file());
  ready.daemon.signal(SIGHUP);
  BOOST_TEST(contains(ready.daemon.wait_event("config.kept"), "Is a directory"));
  MilterClient mta{ready.daemon.socket()};
  mta.begin("198.51.100.1");
  BOOST_TEST(mta.message().answer.command == 'c');
}

BOOST_AUTO_TEST_CASE(a_reload_that_names_an_unusable_key_is_refused) {
  Ready ready;
  std::ofstream{ready.daemon.config_file(), std::ios::app}
      << "[[sign.key]]\ndomain = \"local.test\"\nselector = \"s\"\n"
         "file = \"/nonexistent/key.pem\"\n";
  ready.daemon.signal(SIGHUP);
  BOOST_TEST(contains(ready.daemon.wait_event("config.kept"), "/nonexistent/key.pem"));
}

BOOST_AUTO_TEST_CASE(a_start_with_an_unusable_key_runs_and_says_so_loudly) {
  Ready ready{
      "[[sign.key]]\ndomain = \"local.test\"\nselector = \"s\"\n"
      "file = \"/nonexistent/key.pem\"\n"};
  const auto told = ready.daemon.wait_event("key.unusable");
  BOOST_TEST(contains(told, "level=error"));
  BOOST_TEST(contains(told, "/nonexistent/key.pem"));
}

BOOST_AUTO_TEST_CASE(a_change_that_needs_a_restart_is_named) {
  Ready ready;
  ready.daemon.rewrite_config("milter.sock\"", "other.sock\"");
  ready.daemon.signal(SIGHUP);
  ready.daemon.wait_event("config.reloaded");
  BOOST_TEST(contains(ready.daemon.wait_event("config.warning"), "milter.socket"));
}

BOOST_AUTO_TEST_CASE(a_drain_serves_existing_connections_until_they_close) {
  Ready ready;
  MilterClient mta{ready.daemon.socket()};
  mta.begin("198.51.100.1");
  BOOST_TEST(mta.message().answer.command == 'c');
  ready.daemon.signal(SIGTERM);
  BOOST_TEST(contains(ready.daemon.wait_event("daemon.draining"), "connections=1"));
  BOOST_TEST(mta.message().answer.command == 'c');
  BOOST_TEST(mta.message().answer.command == 'c');
  BOOST_CHECK_THROW(MilterClient{ready.daemon.socket()}, std::runtime_error);
  BOOST_TEST(!std::filesystem::exists(ready.daemon.socket()));
  mta.quit();
  BOOST_TEST(ready.daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(contains(ready.daemon.events("daemon.stopped").at(0), "cut=0 idle=0"));
}

BOOST_AUTO_TEST_CASE(a_shared_socket_keeps_new_connections_for_the_next_daemon) {
  SlowDns dns;
  DaemonProcess daemon{dns.port()};
  milterward::conf::MilterSettings settings{};
  settings.socket = "unix:" + daemon.socket();
  settings.socket_mode = 0600;
  const auto shared = milterward::front::ListeningSocket::open(settings);
  BOOST_REQUIRE(shared.has_value());
  daemon.rewrite_config("unix:" + daemon.socket(), "fd:3");
  daemon.start(shared->fd());
  daemon.wait_event("daemon.ready");
  MilterClient before{daemon.socket()};
  before.begin("198.51.100.1");
  daemon.signal(SIGTERM);
  daemon.wait_event("daemon.draining");
  BOOST_TEST(before.message().answer.command == 'c');

  MilterClient after{daemon.socket()};
  before.quit();
  BOOST_TEST(daemon.wait_end().value_or(-1) == 0);
  daemon.start(shared->fd());
  after.begin("198.51.100.1");
  BOOST_TEST(after.message().answer.command == 'c');
}

BOOST_AUTO_TEST_CASE(a_drain_without_connections_ends_at_once) {
  Ready ready;
  ready.daemon.signal(SIGTERM);
  BOOST_TEST(ready.daemon.wait_end().value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(behind_its_limit_a_drain_closes_idle_connections_first) {
  Ready ready;
  ready.daemon.rewrite_config("300s", "1s");
  ready.daemon.signal(SIGHUP);
  ready.daemon.wait_event("config.reloaded");
  MilterClient idle{ready.daemon.socket()};
  idle.begin("198.51.100.1");
  BOOST_TEST(idle.message().answer.command == 'c');
  MilterClient busy{ready.daemon.socket()};
  busy.begin("198.51.100.2");
  BOOST_TEST(busy.mail("a@sender.test").command == 'c');
  BOOST_TEST(busy.rcpt("user@local.test").command == 'c');

  ready.daemon.signal(SIGTERM);
  BOOST_TEST(idle.is_closed());
  busy.data();
  busy.header("From", " a@sender.test");
  busy.end_of_headers();
  BOOST_TEST(busy.end_of_message().answer.command == 'c');
  BOOST_TEST(ready.daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(contains(ready.daemon.events("daemon.stopped").at(0), "cut=0 idle=2"));
}

BOOST_AUTO_TEST_CASE(a_second_sigterm_ends_at_once_and_counts_what_it_cuts) {
  Ready ready;
  MilterClient idle{ready.daemon.socket()};
  idle.begin("198.51.100.1");
  MilterClient busy{ready.daemon.socket()};
  busy.begin("198.51.100.2");
  BOOST_TEST(busy.mail("a@sender.test").command == 'c');
  ready.daemon.signal(SIGTERM);
  ready.daemon.wait_event("daemon.draining");
  ready.daemon.signal(SIGTERM);
  BOOST_TEST(ready.daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(contains(ready.daemon.events("daemon.stopped").at(0), "cut=1 idle=1"));
}

BOOST_AUTO_TEST_CASE(a_socket_left_by_a_killed_daemon_is_no_obstacle) {
  Ready ready;
  ready.daemon.signal(SIGKILL);
  BOOST_TEST(ready.daemon.wait_end().value_or(0) == -SIGKILL);
  ready.daemon.start();
  ready.daemon.wait_event("daemon.ready", 2);
  MilterClient mta{ready.daemon.socket()};
  mta.begin("198.51.100.1");
  BOOST_TEST(mta.message().answer.command == 'c');
}

BOOST_AUTO_TEST_CASE(two_daemons_do_not_share_a_socket) {
  Ready ready;
  const auto second = run_binary({"run", "--config", ready.daemon.config_file()});
  BOOST_TEST(second.code == 1);
  BOOST_TEST(contains(second.output, "another process listens"));
}

BOOST_AUTO_TEST_CASE(a_daemon_started_as_root_becomes_its_user) {
  if (::geteuid() != 0) return;  // then there is nothing to give up
  SlowDns dns;
  DaemonProcess daemon{dns.port()};
  daemon.rewrite_config("user = \"root\"", "user = \"nobody\"");
  std::filesystem::permissions(daemon.directory().path(), std::filesystem::perms::all);
  daemon.start_and_wait();
  BOOST_TEST(contains(daemon.wait_event("daemon.ready"), "user=nobody"));
  std::ifstream status{fmt::format("/proc/{}/status", daemon.pid())};
  const std::string text{std::istreambuf_iterator<char>{status}, {}};
  BOOST_TEST(contains(text, "Uid:\t65534\t65534\t65534\t65534"));
  BOOST_TEST(contains(text, "CapEff:\t0000000000000000"));
  MilterClient mta{daemon.socket()};
  mta.begin("198.51.100.1");
  BOOST_TEST(mta.message().answer.command == 'c');
}

BOOST_AUTO_TEST_CASE(a_user_who_does_not_exist_is_a_fault_of_the_configuration) {
  if (::geteuid() != 0) return;
  SlowDns dns;
  DaemonProcess daemon{dns.port()};
  daemon.rewrite_config("user = \"root\"", "user = \"nobody-of-this-name\"");
  daemon.start();
  BOOST_TEST(daemon.wait_end().value_or(-1) == 78);
  BOOST_TEST(contains(daemon.log(), "nobody-of-this-name"));
}

BOOST_AUTO_TEST_CASE(a_pid_file_is_written_and_removed) {
  SlowDns dns;
  DaemonProcess daemon{dns.port()};
  const auto file = daemon.directory().path("pid");
  daemon.rewrite_config("[daemon]", fmt::format("[daemon]\npid_file = \"{}\"", file));
  daemon.start_and_wait();
  std::ifstream written{file};
  pid_t pid = 0;
  BOOST_TEST(static_cast<bool>(written >> pid));
  BOOST_TEST(pid == daemon.pid());
  daemon.signal(SIGTERM);
  BOOST_TEST(daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(!std::filesystem::exists(file));
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_pid_file_is_not_followed) {
  SlowDns dns;
  DaemonProcess daemon{dns.port()};
  const auto file = daemon.directory().path("pid");
  const auto precious = daemon.directory().path("precious");
  std::ofstream{precious} << "as it was";
  std::filesystem::create_symlink(precious, file);
  daemon.rewrite_config("[daemon]", fmt::format("[daemon]\npid_file = \"{}\"", file));
  daemon.start();
  BOOST_TEST(daemon.wait_end().value_or(-1) == 1);
  std::string content;
  std::getline(std::ifstream{precious}, content);
  BOOST_TEST(content == "as it was");
}

BOOST_AUTO_TEST_SUITE_END()
