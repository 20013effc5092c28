// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/worker_pool.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "policy/base/c_boundary.h"

namespace milterward::front {
namespace {

/// Virtual size; only the pages that are used cost memory. The verifiers need about 200 KB.
constexpr std::size_t stack_size = 1024 * 1024;

/// Woken by a packet, the thread interrupts nobody: the one who sent it goes on until it
/// has to wait, and often has sent more by then. With 50 connections a message costs a
/// sixth less. Refused by our unit, which has asked for it before.
void interrupt_nobody() noexcept {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
}

}  // namespace

/// Shared with the threads, which are detached: the last one still lets go of the lock when
/// the pool has gone.
struct WorkerPool::State : std::enable_shared_from_this<State> {
  State(Entrance& where, Sessions& who, std::function<void(const SeatPtr&)> how,
        std::chrono::milliseconds patience)
      : entrance(where), sessions(who), serve(std::move(how)), linger(patience) {}

  Entrance& entrance;
  Sessions& sessions;
  const std::function<void(const SeatPtr&)> serve;
  const std::chrono::milliseconds linger;
  std::atomic<std::size_t> waiting{0};
  std::mutex mutex;
  std::condition_variable last_ended;
  std::size_t threads = 0;

  /// Whom a waiting thread is to serve next, and it no longer counts as waiting; nobody
  /// when it should end.
  SeatPtr next() {
    for (;;) {
      const int fd = entrance.next(linger);
      if (fd < 0) {
        if (may_end()) return {};
        continue;
      }
      auto seat = seat_for(fd);
      if (--waiting == 0 && !entrance.closed()) start(shared_from_this(), {});
      if (seat) return seat;
      ++waiting;
    }
  }

  SeatPtr seat_for(int fd) {
    auto seat = at_c_boundary("accept", SeatPtr{}, [&] { return sessions.enter(fd); });
    if (seat) return seat;
    ::close(fd);
    entrance.left();
    return {};
  }

  /// The last thread stays for as long as there is an entrance.
  bool may_end() {
    auto there = waiting.load();
    while (there > 1 || entrance.closed()) {
      if (waiting.compare_exchange_weak(there, there - 1)) return true;
    }
    return false;
  }
};

WorkerPool::WorkerPool(Entrance& entrance, Sessions& sessions,
                       std::function<void(const SeatPtr&)> serve,
                       std::chrono::milliseconds linger)
    : state_(std::make_shared<State>(entrance, sessions, std::move(serve), linger)) {}

WorkerPool::~WorkerPool() {
  std::unique_lock lock{state_->mutex};
  state_->last_ended.wait(lock, [&] { return state_->threads == 0; });
}

/// Begins with `seat`, or at the entrance when that is nobody.
void WorkerPool::work(State& state, SeatPtr seat) {
  if (!seat) seat = state.next();
  while (seat) {
    state.serve(seat);
    ++state.waiting;
    seat = state.next();
  }
  const std::lock_guard lock{state.mutex};
  if (--state.threads == 0) state.last_ended.notify_all();
}

bool WorkerPool::start(const std::shared_ptr<State>& state, SeatPtr seat) {
  struct Start {
    std::shared_ptr<State> state;
    SeatPtr seat;
  };
  const bool at_entrance = !seat;
  auto start = at_c_boundary("start of a thread", std::unique_ptr<Start>{}, [&] {
    return std::make_unique<Start>(Start{state, std::move(seat)});
  });
  if (!start) return false;
  {
    const std::lock_guard lock{state->mutex};
    ++state->threads;
  }
  if (at_entrance) ++state->waiting;
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, stack_size);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    const std::unique_ptr<Start> mine{static_cast<Start*>(argument)};
    interrupt_nobody();
    work(*mine->state, std::move(mine->seat));
    return nullptr;
  };
  const int error = ::pthread_create(&thread, &attributes, run, start.get());
  ::pthread_attr_destroy(&attributes);
  if (error == 0) {
    static_cast<void>(start.release());  // the thread's by now
    return true;
  }
  if (at_entrance) --state->waiting;
  const std::lock_guard lock{state->mutex};
  if (--state->threads == 0) state->last_ended.notify_all();
  return false;
}

bool WorkerPool::attend() { return waiting() != 0 || start(state_, {}); }

bool WorkerPool::hand_over(const SeatPtr& seat) { return start(state_, seat); }

std::size_t WorkerPool::waiting() const noexcept { return state_->waiting; }

std::size_t WorkerPool::threads() const {
  const std::lock_guard lock{state_->mutex};
  return state_->threads;
}

}  // namespace milterward::front
