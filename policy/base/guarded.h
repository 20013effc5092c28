// SPDX-License-Identifier: Apache-2.0
// A value that can be reached only while its lock is held.
#pragma once

#include <mutex>
#include <utility>

namespace milterward {

template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  /// Runs `work(value)` under the lock and returns what it returns. Never hand the
  /// reference out of `work`.
  template <class Work>
  decltype(auto) with(Work&& work) {
    const std::lock_guard lock{mutex_};
    return std::forward<Work>(work)(value_);
  }
  template <class Work>
  decltype(auto) with(Work&& work) const {
    const std::lock_guard lock{mutex_};
    return std::forward<Work>(work)(std::as_const(value_));
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace milterward
