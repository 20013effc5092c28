// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_shelf.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "policy/base/ascii.h"
#include "policy/base/sink.h"

namespace milterward::sign {
namespace {

using ports::DomainKey;

/// What was known stays until it is pushed out, however old: it may be needed in an outage.
constexpr std::chrono::hours for_long{24 * 365};

void log_unusable(const Domain& domain, const std::string& selector,
                  const std::string& place, const std::string& reason) {
  log_event(Event::key_unusable, {{"domain", domain.name()},
                                  {"selector", selector},
                                  {"file", place},
                                  {"reason", reason}});
}

bool was_told(const std::vector<DomainKey>& former, const DomainKey& now) {
  return std::ranges::any_of(former, [&](const DomainKey& before) {
    return before.selector == now.selector && !before.key &&
           before.key.fault() == now.key.fault();
  });
}

std::vector<DomainKey> at_most(std::vector<DomainKey> keys) {
  if (keys.size() <= most_keys_of_a_domain) return keys;
  const auto reason =
      fmt::format("{} keys of one domain, at most {} can sign; take some away", keys.size(),
                  most_keys_of_a_domain);
  keys.erase(keys.begin() + 1, keys.end());
  keys.front().key = Unexpected{ports::KeyFault{reason}};
  return keys;
}

}  // namespace

KeyShelf::KeyShelf(Sources sources, conf::SigningKey manner, Limits limits,
                   std::shared_ptr<const Clock> clock)
    : sources_(std::move(sources)),
      manner_(std::move(manner)),
      limits_(limits),
      clock_(std::move(clock)),
      cache_(limits.keys) {}

bool KeyShelf::is_fresh(const Known& known) const {
  return known.generation == generation_.load() &&
         clock_->now() < known.looked_at + limits_.lifetime;
}

Result<std::shared_ptr<const std::vector<RingKey>>, ports::KeyFault> KeyShelf::keys_of(
    const Domain& domain, Deadline deadline) {
  const auto former = cache_.find(domain.name(), clock_->now()).value_or(nullptr);
  if (former && is_fresh(*former)) return former->keys;

  auto known = std::make_shared<Known>();
  known->generation = generation_.load();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    static const std::vector<DomainKey> nothing;
    const auto& before = former ? former->by_source[i] : nothing;
    auto keys = sources_[i]->keys_of(domain, before, deadline);
    if (!keys) {
      if (!keys.fault().reason.empty()) log_unusable(domain, "", "", keys.fault().reason);
      if (former) return former->keys;
      return Unexpected{keys.fault()};
    }
    auto now = at_most(std::move(*keys));
    for (const auto& key : now)
      if (!key.key && !was_told(before, key))
        log_unusable(domain, key.selector, key.place, key.key.fault().reason);
    known->by_source.push_back(std::move(now));
  }
  known->looked_at = clock_->now();
  known->keys = ring_keys(domain, *known);
  keep(domain, known);
  return known->keys;
}

std::shared_ptr<const std::vector<RingKey>> KeyShelf::ring_keys(const Domain& domain,
                                                                const Known& known) const {
  auto keys = std::make_shared<std::vector<RingKey>>();
  std::set<std::string> seen;
  for (const auto& source : known.by_source)
    for (const auto& key : source) {
      if (!seen.insert(to_lower(key.selector)).second) continue;
      auto settings = manner_;
      settings.domain = domain;
      settings.selector = key.selector;
      settings.file = key.place;
      keys->push_back({std::move(settings), key.key});
    }
  return keys;
}

void KeyShelf::keep(const Domain& domain, KnownPtr known) {
  std::size_t weight = 0;
  for (const auto& source : known->by_source) weight += source.size();
  const auto now = clock_->now();
  cache_.insert(domain.name(), std::move(known), std::max<std::size_t>(weight, 1), now,
                now + for_long);
}

void KeyShelf::doubt(const Domain& domain) {
  const auto now = clock_->now();
  const auto known = cache_.find(domain.name(), now).value_or(nullptr);
  if (!known) return;
  auto doubted = std::make_shared<Known>(*known);
  doubted->looked_at = now - limits_.lifetime;
  keep(domain, std::move(doubted));
}

}  // namespace milterward::sign
