// SPDX-License-Identifier: Apache-2.0
// Carries notifications one way, one after the other, in a thread of its own: whoever hands
// one in never waits. What finds too many before it is dropped and counted, since old news
// of an outage helps nobody. What fails is logged, once a minute at most.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "milter/notify/minute_count.h"
#include "policy/base/clock.h"
#include "policy/base/events.h"

namespace milterward::notify {

class Courier {
 public:
  /// Nothing when it arrived, else why not. May block until `stop` is called.
  using Errand = std::function<std::optional<std::string>()>;
  using Stop = std::function<void()>;
  static constexpr std::size_t most_waiting = 100;

  /// `name` is what the log calls this way. `stop` ends an errand under way.
  Courier(std::string name, Stop stop, std::shared_ptr<const Clock> clock);
  ~Courier() { finish(std::chrono::steady_clock::now()); }
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  void take(Event about, Errand errand) noexcept;
  /// No more are taken. Waits until those that were have gone, or `until` has come; drops
  /// the rest, stops the errand under way, and ends the thread.
  void finish(std::chrono::steady_clock::time_point until) noexcept;

 private:
  struct Waiting {
    Event about;
    Errand errand;
  };

  void run() noexcept;
  std::optional<Waiting> next();
  void carry(const Waiting& waiting);
  void tell_of_failure(Event about, const std::string& reason);
  void tell_of_dropped(std::optional<std::size_t> count) const;

  const std::string name_;
  const Stop stop_;
  const std::shared_ptr<const Clock> clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;  // this and the next three below the mutex
  MinuteCount dropped_;
  bool is_busy_ = false;
  bool is_closed_ = false;
  MinuteCount failed_;  // of the thread alone
  std::thread thread_;
};

}  // namespace milterward::notify
