// SPDX-License-Identifier: Apache-2.0
// A mail server that always answers, and never lets go, is left when its time is over: who
// hands over reports for several hosts does so under a lease.
#include "milter/commands/smtp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <thread>

using namespace milterward;
using namespace std::chrono_literals;

namespace {

/// Answers each line, to one client.
class TalkativeServer {
 public:
  TalkativeServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE(::bind(listener_, any, size) == 0 && ::listen(listener_, 1) == 0 &&
                  ::getsockname(listener_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~TalkativeServer() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port() const noexcept { return port_; }

 private:
  void serve() const {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    std::string_view answer = "220 here\r\n";
    std::array<char, 100> line{};
    do {
      static_cast<void>(::send(client, answer.data(), answer.size(), MSG_NOSIGNAL));
      answer = "250 well\r\n";
    } while (::recv(client, line.data(), line.size(), 0) > 0);
    ::close(client);
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

BOOST_AUTO_TEST_SUITE(smtp_client)

BOOST_AUTO_TEST_CASE(a_connection_ends_with_its_time_however_often_it_is_answered) {
  const TalkativeServer talkative;
  commands::TcpSmtpServer server{
      IpAddress::parse("127.0.0.1").value(), talkative.port(), {}, 10s, 3s};
  const auto connection = server.connect();
  BOOST_REQUIRE(connection);
  BOOST_TEST((*connection)->say("NOOP").has_value());
  const auto limit = std::chrono::steady_clock::now() + 20s;
  std::optional<ports::SmtpFault> fault;
  while (!fault && std::chrono::steady_clock::now() < limit)
    if (const auto reply = (*connection)->say("NOOP"); !reply) fault = reply.fault();
  BOOST_REQUIRE(fault);
  BOOST_TEST((*fault == ports::SmtpFault::timed_out));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
