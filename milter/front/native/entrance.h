// SPDX-License-Identifier: Apache-2.0
// The listening socket as idle threads wait at it: who comes wakes one of them, which takes
// the connection itself. No other thread stands between, so a connection costs one switch
// of threads and not three. Linux wakes the one that came last, whose stack is still warm.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

namespace milterward::front {

class Entrance {
 public:
  /// `listener` does not block and outlives it. More than `most` (at least 1) connections
  /// are never open: who comes then waits in the backlog. Throws std::runtime_error when
  /// the system does not let us wait.
  Entrance(int listener, std::size_t most);
  ~Entrance();
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  /// The descriptor of the next connection, which somebody closes and then says `left`; -1
  /// when nobody came for so long, or none is to be waited for any more. Never spins: a
  /// shortage of descriptors or memory is waited out.
  int next(std::chrono::milliseconds patience) noexcept;
  /// The same for who is in the backlog now, whatever is open; -1 when nobody is.
  int from_backlog() noexcept;
  void left() noexcept;

  /// All who wait go away, and nobody waits again.
  void close() noexcept;
  bool closed() const noexcept { return closed_; }

 private:
  int accept() noexcept;
  void arm() noexcept;

  const int listener_;
  const std::size_t most_;
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> closed_{false};
  int closing_fd_ = -1;
  int waiting_fd_ = -1;
};

}  // namespace milterward::front
