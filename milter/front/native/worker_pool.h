// SPDX-License-Identifier: Apache-2.0
// Threads for connections, one each. Each waits at the entrance, serves whom it meets
// there, and comes back; the last that waited starts another before it serves. Those that
// are not needed for a while end. There is no limit here: the entrance has one.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "milter/front/native/entrance.h"
#include "milter/front/sessions.h"

namespace milterward::front {

class WorkerPool {
 public:
  using SeatPtr = std::shared_ptr<Seat>;

  /// `serve` runs on a thread of the pool, must not throw, and takes leave: of `sessions`,
  /// of the socket and of the entrance. Entrance and sessions outlive the pool. A thread
  /// that nobody needs waits for `linger`.
  WorkerPool(Entrance& entrance, Sessions& sessions,
             std::function<void(const SeatPtr&)> serve, std::chrono::milliseconds linger);
  /// Waits for the threads, which end once the entrance is closed: close it before.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Sees to it that a thread waits at the entrance; false when the system gives none.
  bool attend();
  /// Starts a thread for somebody who is in already; false when the system gives none.
  bool hand_over(const SeatPtr& seat);
  /// Threads that are at the entrance, or about to be. Whom they meet there has a seat
  /// before they count as away.
  std::size_t waiting() const noexcept;
  std::size_t threads() const;

 private:
  struct State;
  static void work(State& state, SeatPtr seat);
  static bool start(const std::shared_ptr<State>& state, SeatPtr seat);

  std::shared_ptr<State> state_;
};

}  // namespace milterward::front
