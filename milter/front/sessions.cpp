// SPDX-License-Identifier: Apache-2.0
#include "milter/front/sessions.h"

#include <sys/socket.h>

namespace milterward::front {

std::shared_ptr<Seat> Sessions::enter(int fd) {
  auto seat = std::make_shared<Seat>(fd);
  const std::lock_guard lock{mutex_};
  seats_.insert(seat);
  return seat;
}

void Sessions::leave(const std::shared_ptr<Seat>& seat) {
  const std::lock_guard lock{mutex_};
  seats_.erase(seat);
  somebody_left_.notify_all();
}

Seats Sessions::count() const {
  const std::lock_guard lock{mutex_};
  Seats seats;
  for (const auto& seat : seats_) {
    ++(seat->in_message ? seats.in_message : seats.idle);
  }
  return seats;
}

bool Sessions::wait_until_empty(SteadyTime until) const {
  std::unique_lock lock{mutex_};
  return somebody_left_.wait_until(lock, until, [&] { return seats_.empty(); });
}

void Sessions::wait_for_room(std::size_t most) const {
  std::unique_lock lock{mutex_};
  somebody_left_.wait(lock, [&] { return seats_.size() < most; });
}

template <class Which>
std::size_t Sessions::close_which(Which which) {
  const std::lock_guard lock{mutex_};
  std::size_t closed = 0;
  for (const auto& seat : seats_) {
    if (seat->fd < 0 || seat->closed || !which(*seat)) continue;
    ::shutdown(seat->fd, SHUT_RDWR);
    seat->closed = true;
    ++closed;
  }
  return closed;
}

std::size_t Sessions::close_idle() {
  return close_which([](const Seat& seat) { return !seat.in_message; });
}

std::size_t Sessions::close_all() {
  return close_which([](const Seat&) { return true; });
}

std::size_t Sessions::close_late(std::int64_t tick) {
  return close_which([&](const Seat& seat) { return seat.late_at <= tick; });
}

}  // namespace milterward::front
