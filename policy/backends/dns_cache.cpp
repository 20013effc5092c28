// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_cache.h"

#include <algorithm>

#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::DnsAnswer;
using ports::DnsFault;
using ports::DnsOutcome;
using ports::DnsResult;

constexpr std::chrono::seconds longest_positive = 1h;
// A postmaster who has just published a missing record should not wait an hour for us.
constexpr std::chrono::seconds longest_negative = 15min;
// Well below the two seconds within which an outage must be over for us too.
constexpr std::chrono::seconds fault_lifetime = 1s;

constexpr std::size_t shard_count = 16;
// With fewer entries than this a shard would be too small to be worth its lock.
constexpr std::size_t smallest_shard = 64;
constexpr std::size_t octets_per_entry = 1024;

std::size_t weight_of(const DnsKey& key, const DnsResult& result) {
  std::size_t octets = 2 * key.name.size();
  if (result) {
    const DnsAnswer& answer = **result;
    octets += answer.addresses.size() * sizeof(IpAddress);
    for (const auto& exchange : answer.exchanges)
      octets += sizeof(exchange) + exchange.host.size();
    for (const auto& text : answer.texts) octets += sizeof(text) + text.size();
    for (const auto& name : answer.names) octets += sizeof(name) + name.size();
  }
  return 1 + octets / octets_per_entry;
}

}  // namespace

std::chrono::seconds lifetime_of(const DnsResult& result) {
  if (!result) {
    switch (result.fault()) {
      case DnsFault::timed_out:
      case DnsFault::server_failure:
      case DnsFault::bogus:
        return fault_lifetime;
      case DnsFault::bad_name:
      case DnsFault::over_limit:
        return 0s;
    }
    unreachable();
  }
  const DnsAnswer& answer = **result;
  switch (answer.outcome) {
    case DnsOutcome::found:
      return std::min(answer.ttl, longest_positive);
    case DnsOutcome::no_data:
    case DnsOutcome::no_domain:
      return std::min(answer.ttl, longest_negative);
  }
  unreachable();
}

DnsCache::DnsCache(std::size_t entries)
    : shards_(entries >= shard_count * smallest_shard ? shard_count : 1),
      shard_limit_(entries / shards_.size()) {}

Guarded<DnsCache::Shard>& DnsCache::shard_of(const DnsKey& key) {
  // The low bits choose the bucket within a shard already.
  return shards_[(DnsKeyHash{}(key) >> 20) % shards_.size()];
}

void DnsCache::Shard::erase(std::list<Entry>::iterator entry) {
  weight -= entry->weight;
  by_key.erase(entry->key);
  by_use.erase(entry);
}

std::optional<DnsResult> DnsCache::find(const DnsKey& key, SteadyTime now) {
  return shard_of(key).with([&](Shard& shard) -> std::optional<DnsResult> {
    const auto found = shard.by_key.find(key);
    if (found == shard.by_key.end()) return std::nullopt;
    const auto entry = found->second;
    if (entry->expires <= now) {
      shard.erase(entry);
      return std::nullopt;
    }
    shard.by_use.splice(shard.by_use.begin(), shard.by_use, entry);
    return entry->result;
  });
}

void DnsCache::insert(const DnsKey& key, const DnsResult& result, SteadyTime now) {
  const auto lifetime = lifetime_of(result);
  const auto weight = weight_of(key, result);
  shard_of(key).with([&](Shard& shard) {
    if (const auto old = shard.by_key.find(key); old != shard.by_key.end())
      shard.erase(old->second);
    if (lifetime == 0s || weight > shard_limit_) return;
    while (shard.weight + weight > shard_limit_) shard.erase(std::prev(shard.by_use.end()));
    shard.by_use.push_front({key, result, now + lifetime, weight});
    shard.by_key.emplace(key, shard.by_use.begin());
    shard.weight += weight;
  });
}

std::size_t DnsCache::size() const {
  std::size_t entries = 0;
  for (const auto& shard : shards_)
    entries += shard.with([](const Shard& s) { return s.by_use.size(); });
  return entries;
}

}  // namespace milterward::backends
