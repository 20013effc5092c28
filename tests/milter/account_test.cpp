// SPDX-License-Identifier: Apache-2.0
// `milterward account` and the running daemon.
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <thread>

#include "milter/control/requests.h"
#include "policy/backends/file_descriptor.h"
#include "tests/milter/crowd.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/slow_dns.h"

using namespace milterward;
using namespace milterward::tests;

namespace {

/// STORE and CONTROL stand for paths of the daemon's own.
constexpr auto configuration = R"([store]
url = "sqlite:STORE"
[control]
socket = "CONTROL"
socket_mode = "0640"
[quota]
mode = "enforce"
default_class = "standard"
[[quota.class]]
name = "standard"
limits = ["messages=3/24h", "recipients=10/day"]
)";

struct Controlled {
  Controlled() : daemon(dns.port(), configuration) {
    daemon.rewrite_config("STORE", daemon.directory().path("state.db"));
    daemon.rewrite_config("CONTROL", socket());
    daemon.start_and_wait();
  }
  std::string socket() const { return daemon.directory().path("control.sock"); }
  Finished account(const std::string& action, const std::string& login = "joe",
                   const std::string& option = "") const {
    std::vector<std::string> words{"account", action, login, "--config",
                                   daemon.config_file()};
    if (!option.empty()) words.push_back(option);
    return run_binary(words);
  }
  std::size_t passing(std::size_t messages) const {
    Crowd crowd{{daemon.socket()}, 2, messages};
    crowd.wait();
    return crowd.passed();
  }
  SlowDns dns;
  DaemonProcess daemon;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(account)

BOOST_AUTO_TEST_CASE(an_account_is_shown_reset_locked_and_unlocked) {
  Controlled controlled;
  BOOST_TEST(controlled.passing(5) == 3U);
  const auto shown = controlled.account("show");
  BOOST_TEST(shown.code == 0);
  BOOST_TEST(shown.output ==
             "joe: class standard\n  3 of 3 messages/24h\n  3 of 10 recipients/day\n");
  const auto json =
      nlohmann::json::parse(controlled.account("show", "JOE", "--json").output);
  BOOST_TEST(json["login"] == "JOE");
  BOOST_TEST(json["locked"] == false);
  BOOST_TEST(json["limits"][0]["rule"] == "quota.account.messages_per_24h");
  BOOST_TEST(json["limits"][0]["used"] == 3);
  BOOST_TEST(json["limits"][0]["limit"] == 3);
  BOOST_TEST(controlled.account("reset").output ==
             "joe: class standard\n  0 of 3 messages/24h\n  0 of 10 recipients/day\n");
  BOOST_TEST(
      controlled.account("lock").output.starts_with("joe: class standard, locked\n"));
  BOOST_TEST(controlled.passing(3) == 0U);
  BOOST_TEST(controlled.account("unlock").output.starts_with("joe: class standard\n"));
  BOOST_TEST(controlled.passing(5) == 3U);
  BOOST_TEST(controlled.daemon.events("account.changed").size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_lock_and_a_reset_outlive_a_sudden_death) {
  Controlled controlled;
  BOOST_TEST(controlled.passing(3) == 3U);
  BOOST_TEST(controlled.account("reset").code == 0);
  BOOST_TEST(controlled.account("lock").code == 0);
  controlled.daemon.signal(SIGKILL);
  controlled.daemon.wait_end();
  controlled.daemon.start_and_wait();
  BOOST_TEST(
      controlled.account("show").output.starts_with("joe: class standard, locked\n"));
  BOOST_TEST(controlled.passing(3) == 0U);
  BOOST_TEST(controlled.account("unlock").code == 0);
  BOOST_TEST(controlled.passing(5) == 3U);
}

BOOST_AUTO_TEST_CASE(the_socket_has_its_mode_and_goes_with_the_daemon) {
  Controlled controlled;
  struct stat status {};
  BOOST_REQUIRE(::stat(controlled.socket().c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0640U);
  controlled.daemon.signal(SIGTERM);
  BOOST_TEST(controlled.daemon.wait_end().value_or(-1) == 0);
  BOOST_TEST(!std::filesystem::exists(controlled.socket()));
  const auto asked = controlled.account("show");
  BOOST_TEST(asked.code == 1);
  BOOST_TEST(asked.output.find("is the daemon running?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_that_never_ends_its_line_holds_neither_others_nor_the_end) {
  Controlled controlled;
  const auto connected = [&] {
    backends::FileDescriptor client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    controlled.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                            sizeof address) == 0);
    return client;
  };
  const auto dripping = [](int fd) {
    return std::jthread{[fd](const std::stop_token& stop) {
      while (!stop.stop_requested() && ::send(fd, " ", 1, MSG_NOSIGNAL) == 1)
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }};
  };
  const auto slow = connected();
  const auto drips = dripping(slow.get());
  BOOST_TEST(controlled.account("show").code == 0);
  const auto another = connected();
  const auto drips_too = dripping(another.get());
  controlled.daemon.signal(SIGTERM);
  BOOST_TEST(controlled.daemon.wait_end().value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(without_a_socket_the_command_names_the_key) {
  SlowDns dns;
  const DaemonProcess daemon{dns.port()};
  const auto asked =
      run_binary({"account", "show", "joe", "--config", daemon.config_file()});
  BOOST_TEST(asked.code == 78);
  BOOST_TEST(asked.output.find("control.socket") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(requests_are_read_as_they_are_written) {
  const control::AccountRequest request{control::AccountAction::lock, "joe\n\"x\""};
  const auto line = control::request_line(request);
  BOOST_TEST(line.find('\n') == std::string::npos);
  const auto read = control::parse_request(line);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == request));
  for (const auto* wrong :
       {"", "{}", "[1]", "lock joe", R"({"account":"burn","login":"j"})",
        R"({"account":"lock","login":5})"})
    BOOST_TEST(!control::parse_request(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_SUITE_END()
