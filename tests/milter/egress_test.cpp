// SPDX-License-Identifier: Apache-2.0
// The real daemon looks at the addresses its mail leaves from: from the reload on that
// names them, and without holding up its end. What it finds is tested in policy/chores and,
// with real zones, in tests/mta.
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "tests/milter/daemon_process.h"
#include "tests/milter/slow_dns.h"

using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto nothing_watched = "[preflight]\n";
constexpr auto watched = "[preflight]\negress = [\"192.0.2.10\"]\n";

/// What it keeps stays in its own directory.
void keep_there(DaemonProcess& daemon) {
  daemon.rewrite_config("[preflight]\n", "[preflight]\nwatch_state = \"" +
                                             daemon.directory().path("egress") + "\"\n");
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Takes questions and answers none.
class SilentDns {
 public:
  SilentDns() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE(::bind(fd_, place, size) == 0);
    BOOST_REQUIRE(::getsockname(fd_, place, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentDns() { ::close(fd_); }
  SilentDns(const SilentDns&) = delete;
  SilentDns& operator=(const SilentDns&) = delete;

  unsigned port() const noexcept { return port_; }
  bool is_asked() const {
    pollfd slot{fd_, POLLIN, 0};
    return ::poll(&slot, 1, 20'000) == 1;
  }

 private:
  int fd_;
  unsigned port_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(egress)

BOOST_AUTO_TEST_CASE(addresses_are_watched_from_the_reload_on_that_names_them) {
  const SlowDns dns;
  DaemonProcess daemon{dns.port(), nothing_watched};
  keep_there(daemon);
  daemon.start_and_wait();
  daemon.rewrite_config("[preflight]", "[preflight]\negress = [\"192.0.2.10\"]");
  daemon.signal(SIGHUP);
  const auto told = daemon.wait_event("egress.name_broken");
  BOOST_TEST(mentions(told, "address=192.0.2.10 reason=\"there is no PTR record\""));
  daemon.rewrite_config("192.0.2.10", "192.0.2.11");
  daemon.signal(SIGHUP);
  BOOST_TEST(mentions(daemon.wait_event("egress.name_broken", 2), "address=192.0.2.11 "));
}

BOOST_AUTO_TEST_CASE(a_restart_tells_nothing_twice) {
  const SlowDns dns;
  DaemonProcess daemon{dns.port(), watched};
  keep_there(daemon);
  daemon.start_and_wait();
  daemon.wait_event("egress.name_broken");
  daemon.signal(SIGTERM);
  BOOST_TEST(daemon.wait_end().value_or(-99) == 0);
  daemon.start_and_wait();
  BOOST_TEST(mentions(daemon.wait_event("egress.known"),
                      "address=192.0.2.10 list=ptr detail=\"there is no PTR record\""));
  BOOST_TEST(daemon.events("egress.name_broken").size() == 1U);
  BOOST_TEST(daemon.events("egress.state_failing").empty());
}

BOOST_AUTO_TEST_CASE(zero_looks_at_nothing) {
  const SilentDns dns;
  DaemonProcess daemon{dns.port(), watched + std::string{"watch_every = \"0s\"\n"}};
  keep_there(daemon);
  daemon.start_and_wait();
  daemon.signal(SIGTERM);
  BOOST_TEST(daemon.wait_end().value_or(-99) == 0);
  BOOST_TEST(!mentions(daemon.log(), "event=egress."));
}

BOOST_AUTO_TEST_CASE(a_silent_dns_does_not_hold_up_the_end) {
  const SilentDns dns;
  DaemonProcess daemon{dns.port(), watched};
  keep_there(daemon);
  daemon.rewrite_config("[dns]", "[dns]\ntimeout = \"50s\"\nmessage_deadline = \"60s\"");
  daemon.start_and_wait();
  BOOST_REQUIRE(dns.is_asked());
  daemon.signal(SIGTERM);
  BOOST_TEST(daemon.wait_end(40s).value_or(-99) == 0);
  BOOST_TEST(!mentions(daemon.log(), "event=egress."));
}

BOOST_AUTO_TEST_SUITE_END()
