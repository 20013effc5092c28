// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/socket_channel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace milterward::front {
namespace {

/// False for what is no TCP connection. The kernel sends an ACK that it has put off when it
/// is told so, and forgets the wish.
bool acknowledge_at_once(int fd) {
  const int on = 1;
  return ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on) == 0;
}

}  // namespace

SocketChannel::SocketChannel(std::shared_ptr<Seat> seat,
                             const std::atomic<std::int64_t>& tick, Patience patience)
    : seat_(std::move(seat)), tick_(tick), patience_(patience) {}

std::size_t SocketChannel::read(std::span<char> into) {
  // Sendmail sends macros and command in two segments; without an ACK for the first,
  // Nagle's algorithm holds the second back for 40 ms. An answer of ours carries one. What
  // has arrived already is not held back, so it is read first.
  if (owes_ack_) {
    if (is_behind_) {
      const auto got = ::recv(seat_->fd, into.data(), into.size(), MSG_DONTWAIT);
      if (got > 0) return note(static_cast<std::size_t>(got), into.size());
    }
    is_tcp_ = acknowledge_at_once(seat_->fd);
  }
  for (;;) {
    const auto got = ::recv(seat_->fd, into.data(), into.size(), 0);
    if (got >= 0) return note(static_cast<std::size_t>(got), into.size());
    if (errno != EINTR) return 0;
  }
}

std::size_t SocketChannel::note(std::size_t got, std::size_t room) {
  owes_ack_ = is_tcp_;
  is_behind_ = got == room;
  return got;
}

bool SocketChannel::write(std::string_view octets) {
  expect_within(patience_.for_a_reply);
  owes_ack_ = false;
  while (!octets.empty()) {
    const auto put = ::send(seat_->fd, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

void SocketChannel::expect_packet() {
  expect_within(seat_->in_message ? patience_.in_a_message : patience_.for_a_command);
}
void SocketChannel::expect_rest() { expect_within(patience_.for_a_packet); }
void SocketChannel::expect_nothing() {
  seat_->late_at.store(Seat::never_late, std::memory_order_relaxed);
}

void SocketChannel::expect_within(std::int64_t ticks) {
  seat_->late_at.store(tick_.load(std::memory_order_relaxed) + ticks,
                       std::memory_order_relaxed);
}

}  // namespace milterward::front
