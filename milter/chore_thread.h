// SPDX-License-Identifier: Apache-2.0
// A thread that makes a round of some chore, sleeps, and makes the next, until it is to
// end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace milterward {

class ChoreThread {
 public:
  /// One round; how long to sleep after it. An exception is logged, and `after_a_bug` is
  /// slept.
  using Round = std::function<std::chrono::milliseconds()>;

  /// `name` stands in the log. Starts nothing.
  ChoreThread(const char* name, Round round, std::chrono::milliseconds after_a_bug)
      : name_(name), round_(std::move(round)), after_a_bug_(after_a_bug) {}
  /// Waits for the round that is under way.
  ~ChoreThread();
  ChoreThread(const ChoreThread&) = delete;
  ChoreThread& operator=(const ChoreThread&) = delete;

  /// Has the next round made at once; starts the thread where none is: with signals blocked
  /// then. For one thread.
  void wake();
  bool is_running() const noexcept { return thread_.joinable(); }
  /// A round may ask it, and end early.
  bool is_ending() const;
  /// Does not wait.
  void ask_to_end();

 private:
  void work();

  const char* const name_;
  const Round round_;
  const std::chrono::milliseconds after_a_bug_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;  // this and the next below the mutex
  bool is_awake_ = false;
  std::thread thread_;
};

}  // namespace milterward
