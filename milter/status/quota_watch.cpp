// SPDX-License-Identifier: Apache-2.0
#include "milter/status/quota_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <tuple>

namespace milterward::status {
namespace {

constexpr std::size_t most_quotas = 1000;
constexpr std::uint64_t watched_percent = 50;
constexpr auto quota_memory = std::chrono::hours{1};

std::string key_of(const ports::CountedQuota& quota) {
  return fmt::format("{} {} {} {}", quota.scope, quota.measure, quota.period,
                     quota.subject);
}

}  // namespace

void QuotaWatch::make_room(Entries& entries, SteadyTime now) {
  if (entries.size() < most_quotas) return;
  std::erase_if(entries,
                [&](const auto& row) { return now - row.second.seen > quota_memory; });
}

void QuotaWatch::note(const ports::CountedQuota& quota, SteadyTime now) {
  const bool is_watched =
      quota.limit > 0 && quota.used >= quota.limit * watched_percent / 100;
  if (!is_watched && size_.load(std::memory_order_relaxed) == 0) return;
  const auto key = key_of(quota);
  entries_.with([&](Entries& entries) {
    if (!is_watched) {
      entries.erase(key);
    } else {
      make_room(entries, now);
      if (entries.size() < most_quotas || entries.contains(key))
        entries[key] = {{std::string{quota.scope}, std::string{quota.subject},
                         std::string{quota.measure}, std::string{quota.period}, quota.used,
                         quota.limit},
                        now};
    }
    size_.store(entries.size(), std::memory_order_relaxed);
  });
}

std::vector<WatchedQuota> QuotaWatch::fullest(SteadyTime now) const {
  std::vector<WatchedQuota> found;
  entries_.with([&](const Entries& entries) {
    for (const auto& [key, entry] : entries)
      if (now - entry.seen <= quota_memory) found.push_back(entry.quota);
  });
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return std::tuple{b.percent(), a.scope, a.subject, a.measure, a.period} <
           std::tuple{a.percent(), b.scope, b.subject, b.measure, b.period};
  });
  return found;
}

}  // namespace milterward::status
