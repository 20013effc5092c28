// SPDX-License-Identifier: Apache-2.0
// What was answered lately? One cache for every question the daemon asks, in front of the
// library's: reaching libunbound's costs a switch of threads, a hit here 0.1-0.2 us.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "policy/base/clock.h"
#include "policy/base/expiring_cache.h"
#include "policy/ports/resolver.h"

namespace milterward::backends {

/// A question in the one spelling that makes equal questions equal.
struct DnsKey {
  std::string name;  // canonical, see dns_name.h
  ports::DnsType type = ports::DnsType::txt;

  bool operator==(const DnsKey&) const = default;
};

struct DnsKeyHash {
  std::size_t operator()(const DnsKey& key) const noexcept {
    return std::hash<std::string>{}(key.name) * 31 + static_cast<std::size_t>(key.type);
  }
};

/// How long a result may be given again: its TTL within limits of ours; a fault only so
/// long that the checks of one message do not each wait for it; zero means not at all.
std::chrono::seconds lifetime_of(const ports::DnsResult& result);

class DnsCache {
 public:
  /// At most `entries` small results. One of several KB counts as several, so that whoever
  /// publishes long records cannot make us hold gigabytes. Zero: nothing is kept.
  explicit DnsCache(std::size_t entries) : entries_(entries) {}

  std::optional<ports::DnsResult> find(const DnsKey& key, SteadyTime now) {
    return entries_.find(key, now);
  }
  void insert(const DnsKey& key, const ports::DnsResult& result, SteadyTime now);
  std::size_t size() const { return entries_.size(); }

 private:
  ExpiringCache<DnsKey, ports::DnsResult, DnsKeyHash> entries_;
};

}  // namespace milterward::backends
