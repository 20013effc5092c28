// SPDX-License-Identifier: Apache-2.0
// The private keys of domains that no [[sign.key]] names, loaded when mail of theirs comes
// and kept while they are in use: at most so many, the least recently used leave first. An
// answer is looked at again when its time is over or a reload asks for it; a key that did
// not change is not loaded anew. While nobody can say what a domain has, what was known of
// it counts; a domain of which nothing was known is a fault, so that its mail waits.
//
// Set aside: watching the directory (inotify knows no network file systems, and 100,000
// directories are more watches than a system grants), and loading all keys at the start.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/sign.h"
#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/base/expiring_cache.h"
#include "policy/ports/domain_keys.h"
#include "policy/sign/key_ring.h"

namespace milterward::sign {

/// More signatures than any receiver looks at; who has more keys of a domain has a mistake.
inline constexpr std::size_t most_keys_of_a_domain = 16;

class KeyShelf {
 public:
  using Sources = std::vector<std::shared_ptr<ports::DomainKeys>>;
  struct Limits {
    std::size_t keys = 1;  // kept in memory; a domain without counts as one
    std::chrono::milliseconds lifetime{0};  // of an answer, before it is looked at again
    bool operator==(const Limits&) const = default;
  };

  /// `manner` is how all of the keys sign; its domain, selector and file are filled in.
  KeyShelf(Sources sources, conf::SigningKey manner, Limits limits,
           std::shared_ptr<const Clock> clock);

  /// The keys of exactly this domain; of two sources that have a key of one selector the
  /// first counts. Logs keys that cannot be used (key.unusable), each change once. Fault:
  /// nobody knows whether there are keys. Any number of threads; blocks as the sources do.
  Result<std::shared_ptr<const std::vector<RingKey>>, ports::KeyFault> keys_of(
      const Domain& domain, Deadline deadline);

  /// Everything is looked at again before it is used the next time.
  void doubt_all() noexcept { ++generation_; }
  void doubt(const Domain& domain);

  const Limits& limits() const noexcept { return limits_; }
  /// Domains of which something is known now.
  std::size_t size() const { return cache_.size(); }

 private:
  struct Known {
    std::vector<std::vector<ports::DomainKey>> by_source;
    std::shared_ptr<const std::vector<RingKey>> keys;
    SteadyTime looked_at;
    unsigned generation = 0;
  };
  using KnownPtr = std::shared_ptr<const Known>;

  bool is_fresh(const Known& known) const;
  std::shared_ptr<const std::vector<RingKey>> ring_keys(const Domain& domain,
                                                        const Known& known) const;
  void keep(const Domain& domain, KnownPtr known);

  const Sources sources_;
  const conf::SigningKey manner_;
  const Limits limits_;
  const std::shared_ptr<const Clock> clock_;
  std::atomic<unsigned> generation_{0};
  ExpiringCache<std::string, KnownPtr, std::hash<std::string_view>> cache_;
};

}  // namespace milterward::sign
