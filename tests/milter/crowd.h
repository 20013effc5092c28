// SPDX-License-Identifier: Apache-2.0
// Many MTA connections at once, all of one login, that hand in messages as fast as they are
// answered; a connection that is cut begins again.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace milterward::tests {

class Crowd {
 public:
  /// `connections` of them, spread over the sockets, hand in `messages` together. Each
  /// message differs from all others, as mail does.
  Crowd(std::vector<std::string> sockets, std::size_t connections, std::size_t messages);
  /// Waits for the end.
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void wait();
  /// No more messages are begun.
  void end() noexcept { begun_ = messages_; }
  /// Messages the filter let pass, so far, and those it refused; those cut off are neither.
  std::size_t passed() const noexcept { return passed_; }
  std::size_t refused() const noexcept { return refused_; }
  std::size_t cut() const noexcept { return cut_; }
  /// Blocks until so many have passed.
  void wait_until_passed(std::size_t count) const;
  void wait_until_refused(std::size_t count) const;
  /// The reply of one that was refused.
  std::string a_refusal() const;
  /// The longest that one step was waited for.
  std::chrono::milliseconds longest_wait() const noexcept {
    return std::chrono::milliseconds{longest_wait_};
  }

 private:
  static void wait_until(const std::atomic<std::size_t>& number, std::size_t count);
  void hand_in(const std::string& socket);
  void serve_one(const std::string& socket);

  const unsigned crowd_;  // no two send the same message
  const std::size_t messages_;
  std::atomic<std::size_t> begun_{0};
  std::atomic<std::size_t> passed_{0};
  std::atomic<std::size_t> refused_{0};
  std::atomic<std::size_t> cut_{0};
  std::atomic<std::int64_t> longest_wait_{0};
  mutable std::mutex mutex_;
  std::string refusal_;
  std::vector<std::thread> threads_;
};

}  // namespace milterward::tests
