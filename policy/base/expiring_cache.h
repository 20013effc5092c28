// SPDX-License-Identifier: Apache-2.0
// What was learnt lately, each entry until its time is over. Bounded by weight: the least
// recently used entries go first. Sharded, so that threads rarely meet.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/guarded.h"

namespace milterward {

/// Keys may be looked up as anything that `Hash` takes and `Key` compares with.
template <class Key, class Value, class Hash>
class ExpiringCache {
 public:
  /// Entries of this weight in all, give or take the shards.
  explicit ExpiringCache(std::size_t weight_limit)
      : shards_(weight_limit >= shard_count * smallest_shard ? shard_count : 1),
        shard_limit_(weight_limit / shards_.size()) {}

  template <class Likeness>
  std::optional<Value> find(const Likeness& key, SteadyTime now) {
    return shard_of(key).with([&](Shard& shard) -> std::optional<Value> {
      const auto found = shard.by_key.find(key);
      if (found == shard.by_key.end()) return std::nullopt;
      const auto entry = *found;
      if (entry->expires <= now) {
        shard.erase(found);
        return std::nullopt;
      }
      shard.by_use.splice(shard.by_use.begin(), shard.by_use, entry);
      return entry->value;
    });
  }

  /// In the place of what was known under that key. Not kept, and nothing in its place,
  /// when its time is over already or it weighs too much.
  void insert(Key key, Value value, std::size_t weight, SteadyTime now,
              SteadyTime expires) {
    shard_of(key).with([&](Shard& shard) {
      if (const auto old = shard.by_key.find(key); old != shard.by_key.end())
        shard.erase(old);
      if (expires <= now || weight > shard_limit_) return;
      while (shard.weight + weight > shard_limit_)
        shard.erase(shard.by_key.find(shard.by_use.back().key));
      shard.by_use.push_front({std::move(key), std::move(value), weight, expires});
      shard.by_key.insert(shard.by_use.begin());
      shard.weight += weight;
    });
  }

  std::size_t size() const {
    std::size_t entries = 0;
    for (const auto& shard : shards_)
      entries += shard.with([](const Shard& s) { return s.by_use.size(); });
    return entries;
  }

 private:
  static constexpr std::size_t shard_count = 16;
  // With less weight than this a shard would be too small to be worth its lock.
  static constexpr std::size_t smallest_shard = 64;

  struct Entry {
    Key key;
    Value value;
    std::size_t weight;
    SteadyTime expires;
  };
  using Place = typename std::list<Entry>::iterator;

  template <class Likeness>
  static const Likeness& key_of(const Likeness& key) noexcept {
    return key;  // NOLINT(bugprone-return-const-ref-from-parameter): used in the caller's
                 // line
  }
  static const Key& key_of(const Place& place) noexcept { return place->key; }

  struct ByKey {
    using is_transparent = void;
    template <class Likeness>
    std::size_t operator()(const Likeness& key) const noexcept {
      return Hash{}(key_of(key));
    }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return key_of(a) == key_of(b);
    }
  };

  struct Shard {
    std::list<Entry> by_use;  // the latest first
    std::unordered_set<Place, ByKey, ByKey> by_key;
    std::size_t weight = 0;

    void erase(typename decltype(by_key)::iterator found) {
      const auto entry = *found;
      weight -= entry->weight;
      by_key.erase(found);
      by_use.erase(entry);
    }
  };

  template <class Likeness>
  Guarded<Shard>& shard_of(const Likeness& key) {
    // The low bits choose the bucket within a shard already.
    return shards_[(Hash{}(key) >> 20) % shards_.size()];
  }

  std::vector<Guarded<Shard>> shards_;
  std::size_t shard_limit_;
};

}  // namespace milterward
