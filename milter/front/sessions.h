// SPDX-License-Identifier: Apache-2.0
// Who is connected: one seat per milter connection, so that a drain can wait until the last
// MTA has gone, and can close the idle connections before those with a message under way.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "policy/base/clock.h"

namespace milterward::front {

/// One milter connection. `fd` is -1 where the front does not know its socket.
struct Seat {
  explicit Seat(int socket) : fd(socket) {}
  const int fd;
  std::atomic<bool> in_message{false};
  /// When the peer has taken too long, in the front's own ticks; never, while we work.
  std::atomic<std::int64_t> late_at{never_late};
  bool closed = false;  // by close_*, under the lock of Sessions

  static constexpr auto never_late = std::numeric_limits<std::int64_t>::max();
};

struct Seats {
  std::size_t idle = 0;
  std::size_t in_message = 0;
  std::size_t all() const noexcept { return idle + in_message; }
};

class Sessions {
 public:
  std::shared_ptr<Seat> enter(int fd);
  /// Call it before the socket is closed: `close_*` must not hit a descriptor that belongs
  /// to somebody else by now.
  void leave(const std::shared_ptr<Seat>& seat);

  Seats count() const;
  /// Blocks until nobody is left or `until` is reached; true when nobody is.
  bool wait_until_empty(SteadyTime until) const;

  /// Blocks while there are `most` or more.
  void wait_for_room(std::size_t most) const;

  /// Ends connections as if the MTA had closed them; their threads notice and leave.
  /// Returns how many. Seats without a socket stay.
  std::size_t close_idle();
  std::size_t close_all();
  /// Those whose `late_at` is `tick` or before: a thread that waits for them wakes up.
  std::size_t close_late(std::int64_t tick);

 private:
  template <class Which>
  std::size_t close_which(Which which);

  mutable std::mutex mutex_;
  mutable std::condition_variable somebody_left_;
  std::unordered_set<std::shared_ptr<Seat>> seats_;
};

}  // namespace milterward::front
