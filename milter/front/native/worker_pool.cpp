// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/worker_pool.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace milterward::front {
namespace {

/// Virtual size; only the pages that are used cost memory. The verifiers need about 200 KB.
constexpr std::size_t stack_size = 1024 * 1024;

}  // namespace

/// A thread's place on the stack of idle ones. Shared, so that whoever fills it can wake
/// the thread after letting go of the lock, which it would only run into.
struct WorkerPool::Idle {
  std::condition_variable wake;
  std::shared_ptr<Seat> seat;
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
    std::unique_lock lock{mutex};
    if (ending) return {};
    idle.push_back(place);
    place->wake.wait_for(lock, linger, [&] { return place->seat || ending; });
    if (!place->seat) std::erase(idle, place);  // nobody had taken us off the stack
    return std::move(place->seat);
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
  for (const auto& place : state_->idle) place->wake.notify_one();
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
    place->wake.notify_one();
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
