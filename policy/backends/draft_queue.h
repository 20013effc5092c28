// SPDX-License-Identifier: Apache-2.0
// Drafts on their way from the threads that serve mail to one that writes. Nobody who puts
// one in waits: there is room for so many, and what finds none is dropped and counted. What
// comes in a moment is written together, which is what makes a database fast enough.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "policy/base/c_boundary.h"

namespace milterward::backends {

template <class Draft>
class DraftQueue {
 public:
  using Drafts = std::vector<std::unique_ptr<const Draft>>;
  /// What came, and how many were dropped since the last time.
  using Write = std::function<void(const Drafts& drafts, std::size_t dropped)>;

  struct Pace {
    std::size_t room;   // so many may wait
    std::size_t batch;  // so many are written at once, without waiting for more
    std::chrono::milliseconds gathering;  // what comes within it is written together
    std::chrono::milliseconds longest;    // `write` is called at least so often
  };

  /// Starts the thread, which calls `write` at once, then with what comes. `who` stands in
  /// the log where that throws. The last member of its owner: it is to end first.
  DraftQueue(const char* who, Pace pace, Write write)
      : who_(who), pace_(pace), write_(std::move(write)) {
    waiting_.reserve(pace_.room);
    writer_ = std::thread{[this] { write_until_the_end(); }};
  }
  /// Writes what waits.
  ~DraftQueue() {
    {
      const std::lock_guard lock{mutex_};
      is_ending_ = true;
    }
    wakes_.notify_all();
    writer_.join();
  }
  DraftQueue(const DraftQueue&) = delete;
  DraftQueue& operator=(const DraftQueue&) = delete;

  /// False: there is no room for it.
  bool put(std::unique_ptr<const Draft> draft) noexcept {
    std::size_t waiting = 0;
    {
      const std::lock_guard lock{mutex_};
      if (waiting_.size() == pace_.room) {
        ++dropped_;
        return false;
      }
      waiting_.push_back(std::move(draft));
      waiting = waiting_.size();
    }
    // The thread sleeps at these two points only.
    if (waiting == 1 || waiting == at_once()) wakes_.notify_one();
    return true;
  }

 private:
  std::size_t at_once() const noexcept { return std::min(pace_.batch, pace_.room); }

  void write(const Drafts& drafts, std::size_t dropped) {
    at_c_boundary(who_, 0, [&] {
      write_(drafts, dropped);
      return 0;
    });
  }

  void write_until_the_end() {
    Drafts drafts;
    drafts.reserve(pace_.room);
    write(drafts, 0);
    for (bool ends = false; !ends;) {
      std::size_t dropped = 0;
      {
        std::unique_lock lock{mutex_};
        wakes_.wait_for(lock, pace_.longest,
                        [&] { return is_ending_ || !waiting_.empty(); });
        wakes_.wait_for(lock, pace_.gathering,
                        [&] { return is_ending_ || waiting_.size() >= at_once(); });
        std::swap(drafts, waiting_);
        dropped = std::exchange(dropped_, 0);
        ends = is_ending_;
      }
      write(drafts, dropped);
      drafts.clear();
    }
  }

  const char* const who_;
  const Pace pace_;
  const Write write_;

  std::mutex mutex_;  // of the next four
  std::condition_variable wakes_;
  Drafts waiting_;
  std::size_t dropped_ = 0;
  bool is_ending_ = false;

  std::thread writer_;
};

}  // namespace milterward::backends
