// SPDX-License-Identifier: Apache-2.0
// Who is close to what he may send? Of what counters say of senders, that which was at
// least half of a limit within the last hour; at most a thousand of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/guarded.h"
#include "policy/ports/metrics.h"

namespace milterward::status {

struct WatchedQuota {
  std::string scope, subject, measure, period;
  std::uint64_t used = 0;
  std::uint64_t limit = 0;  // not 0

  std::uint64_t percent() const noexcept { return used * 100 / limit; }
  bool operator==(const WatchedQuota&) const = default;
};

class QuotaWatch {
 public:
  /// From here on a limit is near.
  static constexpr std::uint64_t near_percent = 80;

  void note(const ports::CountedQuota& quota, SteadyTime now);
  /// The fullest first.
  std::vector<WatchedQuota> fullest(SteadyTime now) const;

 private:
  struct Entry {
    WatchedQuota quota;
    SteadyTime seen;
  };
  using Entries = std::unordered_map<std::string, Entry>;
  static void make_room(Entries& entries, SteadyTime now);

  std::atomic<std::size_t> size_{0};  // so that most mail need not take the lock
  Guarded<Entries> entries_;
};

}  // namespace milterward::status
