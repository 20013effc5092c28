// SPDX-License-Identifier: Apache-2.0
// The listening socket as idle threads wait at it: who comes wakes one of them, which takes
// the connection itself. No other thread stands between, so a connection costs one switch
// of threads and not three. (Linux wakes the one that came last, whose stack is still warm;
// nothing depends on it.)
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

namespace milterward::front {

class Entrance {
 public:
  /// `listener` outlives it and does not block for all that time. `next` lets in no more
  /// than `most` (at least 1) at once: who comes then waits in the backlog. Throws
  /// std::runtime_error when the system does not let us wait.
  Entrance(int listener, std::size_t most);
  ~Entrance();
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  /// The descriptor of the next connection, which somebody closes and then says `left`; -1
  /// when nobody came for about so long, or nobody is to be waited for any more. Never
  /// spins: a shortage of descriptors or memory is waited out.
  int next(std::chrono::milliseconds patience) noexcept;
  /// The same for who is in the backlog now, even if it is full; -1 when nobody is.
  int from_backlog() noexcept;
  bool full() const noexcept { return open_ >= most_; }
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
  const int closing_fd_;
  const int waiting_fd_;
};

}  // namespace milterward::front
