// SPDX-License-Identifier: Apache-2.0
// Threads for connections, one each: an idle thread takes the next, the one that became
// idle last first, so that those not needed go to sleep for good and end after a while.
// There is no limit here; the acceptor counts connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "milter/front/sessions.h"

namespace milterward::front {

class WorkerPool {
 public:
  using SeatPtr = std::shared_ptr<Seat>;

  /// `serve` runs on a thread of the pool and must not throw.
  WorkerPool(std::function<void(const SeatPtr&)> serve, std::chrono::milliseconds linger);
  /// Waits for the threads at work.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Hands a connection to a thread; false when none is idle and the system gives no more.
  bool hand_over(SeatPtr seat);
  std::size_t threads() const;

 private:
  struct Idle;
  struct State;
  static void work(const std::shared_ptr<State>& state, const std::shared_ptr<Idle>& place,
                   SeatPtr seat);

  std::shared_ptr<State> state_;
};

}  // namespace milterward::front
