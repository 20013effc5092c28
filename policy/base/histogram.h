// SPDX-License-Identifier: Apache-2.0
// How long did it take, how often? Durations by their size, added to by any thread without
// waiting for another.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace milterward {

class Histogram {
 public:
  using Duration = std::chrono::microseconds;
  /// Up to and with each of them; a last bucket takes what is longer.
  static constexpr auto bounds = std::to_array<Duration>(
      {Duration{100}, Duration{250}, Duration{1'000}, Duration{2'500}, Duration{10'000},
       Duration{25'000}, Duration{100'000}, Duration{250'000}, Duration{1'000'000},
       Duration{2'500'000}, Duration{10'000'000}, Duration{30'000'000}});

  void add(Duration duration) noexcept {
    const auto bound = std::ranges::lower_bound(bounds, duration);
    const auto bucket = static_cast<std::size_t>(bound - bounds.begin());
    buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
    const auto length = std::max(duration, Duration{0}).count();
    sum_.fetch_add(static_cast<std::uint64_t>(length), std::memory_order_relaxed);
  }

  struct Picture {
    std::array<std::uint64_t, bounds.size() + 1> buckets{};  // each alone
    Duration sum{0};
  };
  Picture picture() const noexcept {
    Picture now;
    for (std::size_t i = 0; i < buckets_.size(); ++i)
      now.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    now.sum = Duration{static_cast<Duration::rep>(sum_.load(std::memory_order_relaxed))};
    return now;
  }

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_{0};  // microseconds
};

}  // namespace milterward
