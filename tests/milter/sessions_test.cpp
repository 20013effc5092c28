// SPDX-License-Identifier: Apache-2.0
#include "milter/front/sessions.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

using namespace milterward::front;

namespace {

/// A connection and the MTA at its other end.
struct Pair {
  Pair() { BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
  ~Pair() {
    for (const int fd : ends) ::close(fd);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  bool is_closed() const {
    char octet = 0;
    return ::recv(ends[1], &octet, 1, MSG_DONTWAIT) == 0;
  }
  std::array<int, 2> ends{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_AUTO_TEST_CASE(idle_connections_can_be_closed_alone_and_count_once) {
  Sessions sessions;
  const Pair idle;
  const Pair busy;
  const auto idle_seat = sessions.enter(idle.ends[0]);
  const auto busy_seat = sessions.enter(busy.ends[0]);
  busy_seat->in_message = true;
  BOOST_TEST(sessions.count().idle == 1U);
  BOOST_TEST(sessions.count().in_message == 1U);
  BOOST_TEST(sessions.close_idle() == 1U);
  BOOST_TEST(sessions.close_idle() == 0U);
  BOOST_TEST(idle.is_closed());
  BOOST_TEST(!busy.is_closed());
  BOOST_TEST(sessions.close_all() == 1U);
  BOOST_TEST(busy.is_closed());
}

BOOST_AUTO_TEST_CASE(a_seat_without_a_socket_counts_but_cannot_be_closed) {
  Sessions sessions;
  const auto seat = sessions.enter(-1);
  BOOST_TEST(sessions.close_all() == 0U);
  BOOST_TEST(sessions.count().all() == 1U);
  sessions.leave(seat);
  BOOST_TEST(sessions.count().all() == 0U);
}

BOOST_AUTO_TEST_CASE(who_waits_for_room_gets_it_when_somebody_leaves) {
  Sessions sessions;
  const auto first = sessions.enter(-1);
  const auto second = sessions.enter(-1);
  std::atomic<bool> has_room{false};
  std::thread waiter{[&] {
    sessions.wait_for_room(2);
    has_room = true;
  }};
  BOOST_TEST(!has_room);
  sessions.leave(first);
  waiter.join();
  BOOST_TEST(has_room);
  sessions.leave(second);
}

BOOST_AUTO_TEST_CASE(waiting_for_the_last_one_ends_with_it_or_at_its_time) {
  Sessions sessions;
  const auto seat = sessions.enter(-1);
  BOOST_TEST(!sessions.wait_until_empty(std::chrono::steady_clock::now()));
  std::thread leaver{[&] { sessions.leave(seat); }};
  BOOST_TEST(sessions.wait_until_empty(std::chrono::steady_clock::now() +
                                       std::chrono::seconds{20}));
  leaver.join();
}

BOOST_AUTO_TEST_SUITE_END()
