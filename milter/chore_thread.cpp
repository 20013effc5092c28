// SPDX-License-Identifier: Apache-2.0
#include "milter/chore_thread.h"

#include "policy/base/c_boundary.h"

namespace milterward {

ChoreThread::~ChoreThread() {
  ask_to_end();
  if (thread_.joinable()) thread_.join();
}

void ChoreThread::wake() {
  {
    const std::lock_guard lock{mutex_};
    is_awake_ = true;
  }
  changed_.notify_all();
  if (!thread_.joinable()) thread_ = std::thread{[this] { work(); }};
}

bool ChoreThread::is_ending() const {
  const std::lock_guard lock{mutex_};
  return is_ending_;
}

void ChoreThread::ask_to_end() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_all();
}

void ChoreThread::work() {
  std::unique_lock lock{mutex_};
  while (!is_ending_) {
    is_awake_ = false;
    lock.unlock();
    const auto pause = at_c_boundary(name_, after_a_bug_, round_);
    lock.lock();
    changed_.wait_for(lock, pause, [&] { return is_ending_ || is_awake_; });
  }
}

}  // namespace milterward
