// SPDX-License-Identifier: Apache-2.0
// The front itself, on a socket of its own: how long it waits for whom, and what it does
// when the system gives nothing.
#include "milter/front/native/native_front.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "milter/front/descriptor_limit.h"
#include "milter/front/native/replies.h"
#include "milter/front/native/socket_channel.h"
#include "tests/milter/native/services.h"
#include "tests/milter/temporary_directory.h"

using namespace milterward;
using namespace milterward::front;
using namespace std::literals;

namespace {

conf::MilterSettings settings_in(const tests::TemporaryDirectory& directory) {
  conf::MilterSettings settings{};
  settings.socket = "unix:" + directory.path("m.sock");
  settings.socket_mode = 0600;
  return settings;
}

/// An MTA, as far as octets go.
class Peer {
 public:
  explicit Peer(const tests::TemporaryDirectory& directory) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    directory.path("m.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    send('O', "\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"sv);
    BOOST_REQUIRE(answer() == 'O');
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(char command, std::string_view data) {
    std::string packet;
    append_packet(packet, command, data);
    BOOST_REQUIRE(::send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(packet.size()));
  }
  /// The first octet of the next packet; NUL when the front closed.
  char answer() {
    std::string head(5, '\0');
    if (::recv(fd_, head.data(), head.size(), MSG_WAITALL) != 5) return '\0';
    std::string data((static_cast<std::size_t>(static_cast<unsigned char>(head[2])) << 8 |
                      static_cast<unsigned char>(head[3])) -
                         1,
                     '\0');
    if (!data.empty()) ::recv(fd_, data.data(), data.size(), MSG_WAITALL);
    return head[4];
  }

 private:
  int fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fronts)

BOOST_AUTO_TEST_CASE(content_may_take_longer_to_come_than_a_command) {
  // Both MTAs take all of a message in before the filter sees the first field.
  const tests::TemporaryDirectory directory;
  const auto socket = ListeningSocket::open(settings_in(directory));
  BOOST_REQUIRE(socket.has_value());
  const CurrentServices current{tests::inbound_services()};
  Patience patience;
  patience.for_a_command = 20;
  patience.in_a_message = 1'000'000;
  NativeFront front{*socket, current, patience, 10ms};
  front.start();

  Peer busy{directory};
  busy.send('C', "mx.test\0004\x12\x34\x32\x30\x33.0.113.9\0"sv);
  busy.send('M', "<a@sender.test>\0"sv);
  BOOST_TEST(busy.answer() == 'c');
  Peer idle{directory};
  BOOST_TEST(idle.answer() == '\0');
  busy.send('R', "<user@home.test>\0"sv);
  BOOST_TEST(busy.answer() == 'c');
  front.sessions().close_all();
}

BOOST_AUTO_TEST_CASE(a_front_ends_whoever_is_connected) {
  const tests::TemporaryDirectory directory;
  const auto socket = ListeningSocket::open(settings_in(directory));
  BOOST_REQUIRE(socket.has_value());
  const CurrentServices current{tests::inbound_services()};
  std::optional<NativeFront> front;
  front.emplace(*socket, current);
  front->start();
  Peer silent{directory};
  front.reset();
  BOOST_TEST(silent.answer() == '\0');
}

BOOST_AUTO_TEST_CASE(what_fills_the_room_may_be_all_or_not) {
  // TCP: whether an acknowledgment is due shows only when nothing has come behind it.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  BOOST_REQUIRE(::bind(listener, name, size) == 0);
  BOOST_REQUIRE(::getsockname(listener, name, &size) == 0);
  BOOST_REQUIRE(::listen(listener, 1) == 0);
  const int mta = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(::connect(mta, name, size) == 0);
  const int ours = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  BOOST_REQUIRE(ours >= 0);
  const std::atomic<std::int64_t> tick{0};
  SocketChannel channel{std::make_shared<Seat>(ours), tick, Patience{}};
  std::string room(10, '\0');
  const auto read = [&] { return room.substr(0, channel.read(room)); };

  BOOST_REQUIRE(::send(mta, "0123456789abc", 13, MSG_NOSIGNAL) == 13);
  BOOST_TEST(read() == "0123456789");
  BOOST_TEST(read() == "abc");
  BOOST_REQUIRE(::send(mta, "9876543210", 10, MSG_NOSIGNAL) == 10);
  BOOST_TEST(read() == "9876543210");
  std::thread later{[&] {
    std::this_thread::sleep_for(50ms);
    ::send(mta, "x", 1, MSG_NOSIGNAL);
    ::shutdown(mta, SHUT_WR);
  }};
  BOOST_TEST(read() == "x");
  BOOST_TEST(read() == "");
  later.join();
  for (const int fd : {listener, mta, ours}) ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_front_that_could_not_start_ends_without_ado) {
  const tests::TemporaryDirectory directory;
  auto opened = ListeningSocket::open(settings_in(directory));
  BOOST_REQUIRE(opened.has_value());
  const ListeningSocket elsewhere = std::move(*opened);
  const CurrentServices current{tests::inbound_services()};
  NativeFront front{*opened, current};
  BOOST_CHECK_THROW(front.start(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(connections_leave_descriptors_for_the_rest) {
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const auto most_at = [&](rlim_t descriptors) {
    const rlimit limit{descriptors, before.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    return most_connections();
  };
  BOOST_TEST(most_at(1024) == 896U);
  BOOST_TEST(most_at(256) == 128U);
  BOOST_TEST(most_at(100) == 50U);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
