// SPDX-License-Identifier: Apache-2.0
// The real daemon tells of events: by programs that do their work, fail, hang or vanish,
// and by a web server that answers or does not. Mail never notices.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"
#include "tests/support/contains.h"
#include "tests/support/web_server.h"

using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool comes_true(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  do {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

using milterward::tests::contains;

/// The descriptors of a process, by its place in /proc.
std::set<std::string> open_in(const std::string& place) {
  std::set<std::string> numbers;
  for (const auto& entry : std::filesystem::directory_iterator{place + "/fd"})
    numbers.insert(entry.path().filename());
  return numbers;
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0; }

/// Not started yet; DIR stands for its directory in the settings.
struct Telling {
  explicit Telling(const std::string& settings) : daemon(dns.port(), settings) {
    const auto& path = daemon.directory().path();
    while (contains(content_of(daemon.config_file()), "DIR"))
      daemon.rewrite_config("DIR", path);
  }

  /// A script that finds the directory in $D.
  void make_hook(const std::string& name, const std::string& text) const {
    const auto path = daemon.directory().path(name);
    std::ofstream{path} << "#!/bin/sh\nD=" << daemon.directory().path() << "\n"
                        << text << "\n";
    ::chmod(path.c_str(), 0755);
  }
  std::string written(const std::string& name) const {
    return content_of(daemon.directory().path(name));
  }
  /// The number that a hook writes sooner or later.
  pid_t written_pid(const std::string& name) const {
    BOOST_REQUIRE(comes_true([&] { return written(name).ends_with('\n'); }));
    return std::stoi(written(name));
  }
  void hand_in(int messages) const {
    MilterClient mta{daemon.socket()};
    mta.begin("198.51.100.1");
    for (int i = 0; i < messages; ++i) BOOST_TEST(mta.message().answer.command == 'c');
  }
  void reload(const std::string& event = "config.reloaded", std::size_t count = 1) {
    daemon.signal(SIGHUP);
    daemon.wait_event(event, count);
  }
  /// A process of the daemon by its name.
  pid_t helper(const std::string& name) const {
    const auto own = std::to_string(daemon.pid());
    std::istringstream pids{content_of("/proc/" + own + "/task/" + own + "/children")};
    for (pid_t pid = 0; pids >> pid;)
      if (content_of(fmt::format("/proc/{}/comm", pid)) == name + "\n") return pid;
    throw std::runtime_error("there is no " + name);
  }

  SlowDns dns;
  DaemonProcess daemon;
};

/// Every message is an event that is told.
constexpr auto each_message = R"([notify]
events = ["message.decided"]
hook = "DIR/hook"
hook_timeout = "5m"
per_hour = 3600
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(notify)

BOOST_AUTO_TEST_CASE(a_hook_is_told_what_the_log_is_told) {
  Telling telling{"[notify]\nhook = \"DIR/hook\"\n"};
  telling.make_hook("hook",
                    "echo $MILTERWARD_EVENT $MILTERWARD_LEVEL > $D/named;"
                    "cat > $D/new; mv $D/new $D/told");
  telling.daemon.start_and_wait();
  telling.daemon.rewrite_config("[relay]", "[relay]\nnonsense = 1");
  telling.reload("config.kept");
  BOOST_REQUIRE(comes_true([&] { return !telling.written("told").empty(); }));
  BOOST_TEST(telling.written("named") == "config.kept error\n");
  const auto told = nlohmann::json::parse(telling.written("told"));
  BOOST_TEST(told["event"] == "config.kept");
  BOOST_TEST(told["fields"]["config"] == telling.daemon.config_file());
  BOOST_TEST(contains(told["fields"]["reason"].get<std::string>(), "nonsense"));
  BOOST_TEST(contains(told["text"].get<std::string>(), "nonsense"));
  BOOST_TEST(telling.daemon.events("notify.failed").empty());
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_is_quoted_in_the_log) {
  Telling telling{each_message};
  telling.make_hook("hook", "echo no route >&2; exit 3");
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  const auto failed = telling.daemon.wait_event("notify.failed");
  BOOST_TEST(contains(failed, " by=hook about=message.decided "));
  BOOST_TEST(contains(failed, "/hook: ended with status 3: no route\""));
}

BOOST_AUTO_TEST_CASE(a_hook_that_hangs_is_killed_with_all_that_it_began) {
  Telling telling{each_message};
  telling.daemon.rewrite_config("5m", "1s");
  telling.make_hook("hook", "sleep 300 & echo $! > $D/pid; wait");
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  const auto pid = telling.written_pid("pid");
  BOOST_TEST(contains(telling.daemon.wait_event("notify.failed"),
                      "did not end within 1s and was killed"));
  BOOST_TEST(comes_true([&] { return is_gone(pid); }));
}

BOOST_AUTO_TEST_CASE(mail_passes_a_hook_that_hangs_and_so_does_the_end_of_the_daemon) {
  Telling telling{each_message};
  telling.make_hook("hook", "echo $$ > $D/pid; exec sleep 300");
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  const auto pid = telling.written_pid("pid");
  telling.hand_in(130);
  BOOST_TEST(!is_gone(pid));
  telling.daemon.signal(SIGTERM);
  BOOST_TEST(telling.daemon.wait_end().value_or(-1) == 0);
  // 100 waited, 30 had not even that.
  const auto dropped = telling.daemon.events("notify.dropped");
  BOOST_REQUIRE(dropped.size() == 1U);
  BOOST_TEST(contains(dropped[0], " by=hook count=130"));
  BOOST_TEST(contains(telling.daemon.wait_event("notify.failed"), "the daemon ends"));
  BOOST_TEST(comes_true([&] { return is_gone(pid); }));
}

BOOST_AUTO_TEST_CASE(what_can_be_told_at_the_end_is_told) {
  Telling telling{each_message};
  telling.daemon.rewrite_config("message.decided", "daemon.stopped");
  telling.make_hook("hook", "sleep 1; echo $MILTERWARD_EVENT > $D/told");
  telling.daemon.start_and_wait();
  telling.daemon.signal(SIGTERM);
  BOOST_TEST(telling.daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(telling.written("told") == "daemon.stopped\n");
  BOOST_TEST(telling.daemon.events("notify.dropped").empty());
}

BOOST_AUTO_TEST_CASE(a_webhook_is_posted_to_with_its_token) {
  const WebServer server;
  Telling telling{
      fmt::format("[notify]\nevents = [\"message.decided\"]\nwebhook = \"{}\"\n"
                  "webhook_token_file = \"DIR/token\"\n",
                  server.url("/hooks/mail"))};
  const auto token = telling.daemon.directory().path("token");
  std::ofstream{token} << "abc\n";
  ::chmod(token.c_str(), 0600);
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  const auto request = server.wait_request();
  BOOST_TEST(request.starts_with("POST /hooks/mail HTTP/1.1\r\n"));
  BOOST_TEST(contains(request, "\r\nAuthorization: Bearer abc\r\n"));
  const auto told = nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4));
  BOOST_TEST(told["event"] == "message.decided");
  BOOST_TEST(told["fields"]["mail_from"] == "a@sender.test");
  telling.daemon.signal(SIGTERM);
  BOOST_TEST(telling.daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(telling.daemon.events("notify.failed").empty());
}

BOOST_AUTO_TEST_CASE(a_web_server_that_never_answers_delays_neither_mail_nor_hook) {
  const WebServer server{"", WebServer::Manner::is_silent};
  Telling telling{each_message + fmt::format("webhook = \"{}\"\nwebhook_timeout = \"5m\"\n",
                                             server.url())};
  telling.make_hook("hook", "echo told >> $D/told");
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  server.wait_request();
  telling.hand_in(10);
  BOOST_TEST(comes_true([&] { return telling.written("told").size() == 11 * 5; }));
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_web_server_that_never_answers_is_given_up) {
  const WebServer server{"", WebServer::Manner::is_silent};
  Telling telling{
      fmt::format("[notify]\nevents = [\"message.decided\"]\nwebhook = \"{}\"\n"
                  "webhook_timeout = \"300ms\"\n",
                  server.url("/secret"))};
  telling.daemon.start_and_wait();
  telling.hand_in(2);
  server.wait_request(2);
  const auto failed = telling.daemon.wait_event("notify.failed");
  BOOST_TEST(contains(failed, " by=webhook about=message.decided "));
  BOOST_TEST(contains(failed, server.url("") + ": no answer within 300ms"));
  BOOST_TEST(!contains(failed, "secret"));
}

BOOST_AUTO_TEST_CASE(a_reload_names_another_hook_but_none_that_cannot_be_run) {
  Telling telling{each_message};
  telling.make_hook("hook", "echo one >> $D/told");
  telling.make_hook("other", "echo two >> $D/told");
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  BOOST_TEST(comes_true([&] { return telling.written("told") == "one\n"; }));
  telling.daemon.rewrite_config("/hook\"", "/other\"");
  telling.reload();
  telling.hand_in(1);
  BOOST_TEST(comes_true([&] { return telling.written("told") == "one\ntwo\n"; }));
  telling.daemon.rewrite_config("/other\"", "/missing\"");
  telling.reload("config.kept");
  BOOST_TEST(contains(telling.daemon.events("config.kept")[0], "notify.hook"));
  telling.hand_in(1);
  BOOST_TEST(comes_true([&] { return telling.written("told") == "one\ntwo\ntwo\n"; }));
}

BOOST_AUTO_TEST_CASE(a_start_with_a_hook_that_cannot_be_run_serves_mail_and_says_so) {
  Telling telling{each_message};
  telling.daemon.start_and_wait();
  BOOST_TEST(contains(telling.daemon.wait_event("config.warning"), "notify.hook"));
  telling.hand_in(1);
  BOOST_TEST(contains(telling.daemon.wait_event("notify.failed"),
                      "status 127: No such file or directory"));
  const auto checked = run_binary({"check-config", telling.daemon.config_file()});
  BOOST_TEST(checked.code == 78);
  BOOST_TEST(contains(checked.output, "notify.hook"));
}

BOOST_AUTO_TEST_CASE(a_helper_that_dies_takes_hooks_with_it_and_nothing_else) {
  Telling telling{each_message};
  telling.make_hook("hook", "echo $MILTERWARD_EVENT > $D/told");
  telling.daemon.start_and_wait();
  ::kill(telling.helper("milterward-hook"), SIGKILL);
  telling.hand_in(2);
  BOOST_TEST(contains(telling.daemon.wait_event("notify.helper_gone"), "milterward-hook"));
  telling.hand_in(2);
  telling.daemon.signal(SIGTERM);
  BOOST_TEST(telling.daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(telling.daemon.events("notify.helper_gone").size() == 1U);
  BOOST_TEST(telling.written("told") == "");
}

BOOST_AUTO_TEST_CASE(hook_and_helpers_end_with_a_daemon_that_is_killed) {
  Telling telling{each_message};
  telling.make_hook("hook", "echo $$ > $D/pid; exec sleep 300");
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  const auto hook = telling.written_pid("pid");
  const auto helpers = {telling.helper("milterward-hook"),
                        telling.helper("milterward-web")};
  telling.daemon.signal(SIGKILL);
  telling.daemon.wait_end();
  BOOST_TEST(comes_true([&] { return is_gone(hook); }));
  // Whoever inherits them may leave them as zombies.
  for (const auto pid : helpers)
    BOOST_TEST(comes_true([&] {
      return is_gone(pid) ||
             contains(content_of(fmt::format("/proc/{}/status", pid)), "State:\tZ");
    }));
}

BOOST_AUTO_TEST_CASE(helpers_have_the_rights_of_the_daemon_and_none_of_its_descriptors) {
  if (::geteuid() != 0) return;  // then there is nothing to give up
  Telling telling{each_message};
  telling.daemon.rewrite_config("user = \"root\"", "user = \"nobody\"");
  std::filesystem::permissions(telling.daemon.directory().path(),
                               std::filesystem::perms::all);
  telling.make_hook("hook", "id -u > $D/new; id -G >> $D/new; mv $D/new $D/told");
  telling.daemon.start_and_wait();
  telling.hand_in(1);
  BOOST_TEST(comes_true([&] { return telling.written("told") == "65534\n65534\n"; }));
  for (const auto* name : {"milterward-hook", "milterward-web"}) {
    const auto place = fmt::format("/proc/{}", telling.helper(name));
    // One that has just run a hook still has to close what belonged to it.
    BOOST_TEST(comes_true([&] {
      return open_in(place) == std::set<std::string>{"0", "1", "2", "3"};
    }));
    const auto status = content_of(place + "/status");
    BOOST_TEST(contains(status, "\nUid:\t65534\t65534\t65534\t65534\n"));
    BOOST_TEST(contains(status, "\nCapPrm:\t0000000000000000\n"));
    BOOST_TEST(contains(status, "\nNoNewPrivs:\t1\n"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
