// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/worker_pool.h"

#include <pthread.h>
#include <semaphore.h>

#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <utility>
#include <vector>

namespace milterward::front {
namespace {

/// Virtual size; only the pages that are used cost memory. The verifiers need about 200 KB.
constexpr std::size_t stack_size = 1024 * 1024;

}  // namespace

/// A thread's place on the stack of idle ones. Shared, so that whoever fills it can wake
/// the thread after letting go of the lock, which it would only run into. A semaphore and
/// no condition variable: who wakes from the latter takes the lock as one that is
/// contended, and letting go of it then costs a system call.
struct WorkerPool::Idle {
  Idle() { ::sem_init(&wake, 0, 0); }
  ~Idle() { ::sem_destroy(&wake); }
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  /// True when somebody woke us within the time.
  bool sleep(std::chrono::milliseconds longest) {
    timespec until{};
    ::clock_gettime(CLOCK_MONOTONIC, &until);
    const auto nanoseconds =
        until.tv_nsec + std::chrono::nanoseconds{longest % std::chrono::seconds{1}}.count();
    constexpr long second = 1'000'000'000;
    until.tv_sec += longest / std::chrono::seconds{1} + nanoseconds / second;
    until.tv_nsec = nanoseconds % second;
    int result = 0;
    do {
      result = ::sem_clockwait(&wake, CLOCK_MONOTONIC, &until);
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }
  void sleep_on() {
    while (::sem_wait(&wake) != 0 && errno == EINTR) {
    }
  }

  sem_t wake{};
  std::shared_ptr<Seat> seat;  // under the pool's lock
};

struct WorkerPool::State {
  std::function<void(const SeatPtr&)> serve;
  std::chrono::milliseconds linger;
  std::mutex mutex;
  std::condition_variable last_ended;
  std::vector<std::shared_ptr<Idle>> idle;
  std::size_t threads = 0;
  bool ending = false;

  /// Whom an idle thread is to serve next; nobody when it should end.
  SeatPtr next(const std::shared_ptr<Idle>& place) {
    {
      const std::lock_guard lock{mutex};
      if (ending) return {};
      idle.push_back(place);
    }
    if (!place->sleep(linger)) {
      if (take_off(place)) return {};
      place->sleep_on();  // somebody has just taken us off the stack, and wakes us
    }
    const std::lock_guard lock{mutex};
    return std::move(place->seat);
  }

  bool take_off(const std::shared_ptr<Idle>& place) {
    const std::lock_guard lock{mutex};
    return std::erase(idle, place) == 1;
  }
};

WorkerPool::WorkerPool(std::function<void(const SeatPtr&)> serve,
                       std::chrono::milliseconds linger)
    : state_(std::make_shared<State>()) {
  state_->serve = std::move(serve);
  state_->linger = linger;
}

WorkerPool::~WorkerPool() {
  std::unique_lock lock{state_->mutex};
  state_->ending = true;
  for (const auto& place : state_->idle) ::sem_post(&place->wake);
  state_->last_ended.wait(lock, [&] { return state_->threads == 0; });
}

void WorkerPool::work(const std::shared_ptr<State>& state,
                      const std::shared_ptr<Idle>& place, SeatPtr seat) {
  for (; seat; seat = state->next(place)) state->serve(seat);
  const std::lock_guard lock{state->mutex};
  if (--state->threads == 0) state->last_ended.notify_all();
}

bool WorkerPool::hand_over(SeatPtr seat) {
  std::shared_ptr<Idle> place;
  {
    const std::lock_guard lock{state_->mutex};
    if (!state_->idle.empty()) {
      place = std::move(state_->idle.back());
      state_->idle.pop_back();
      place->seat = std::move(seat);
    }
  }
  if (place) {
    ::sem_post(&place->wake);
    return true;
  }
  struct Start {
    std::shared_ptr<State> state;
    std::shared_ptr<Idle> place;
    SeatPtr seat;
  };
  auto start =
      std::make_unique<Start>(Start{state_, std::make_shared<Idle>(), std::move(seat)});
  {
    const std::lock_guard lock{state_->mutex};
    state_->idle.reserve(state_->threads + 1);  // becoming idle must not fail
    ++state_->threads;
  }
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, stack_size);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    const std::unique_ptr<Start> mine{static_cast<Start*>(argument)};
    work(mine->state, mine->place, std::move(mine->seat));
    return nullptr;
  };
  const int error = ::pthread_create(&thread, &attributes, run, start.get());
  ::pthread_attr_destroy(&attributes);
  if (error == 0) {
    static_cast<void>(start.release());  // the thread's by now
    return true;
  }
  const std::lock_guard lock{state_->mutex};
  --state_->threads;
  return false;
}

std::size_t WorkerPool::threads() const {
  const std::lock_guard lock{state_->mutex};
  return state_->threads;
}

}  // namespace milterward::front
