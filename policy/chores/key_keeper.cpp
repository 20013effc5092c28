// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/key_keeper.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/base/sink.h"
#include "policy/sign/key_publication.h"
#include "policy/sign/new_key.h"
#include "policy/sign/private_key.h"

namespace milterward::chores {
namespace {

using ports::KeyFault;
using ports::KeyStanding;
using ports::KeyState;
using sign::Shown;

const KeptKey* find(const std::vector<KeptKey>& keys, const std::string& selector) {
  const auto found = std::ranges::find_if(
      keys, [&](const KeptKey& key) { return key.life.standing.selector == selector; });
  return found == keys.end() ? nullptr : &*found;
}

std::vector<LivingKey> lives_of(const std::vector<KeptKey>& keys) {
  std::vector<LivingKey> lives;
  for (const auto& key : keys)
    if (key.key) lives.push_back(key.life);
  return lives;
}

KeyFault no_such_key(const Domain& domain, const std::string& selector) {
  return {fmt::format("{} has no key {}; milterward keys list {} names those there are",
                      domain.name(), selector, domain.name())};
}

}  // namespace

KeyKeeper::Keys KeyKeeper::look(const Domain& domain, Deadline deadline) {
  const auto standings = world_.states.of(domain);
  if (!standings) return Unexpected{standings.fault()};
  auto found = world_.keys.keys_of(domain, {}, deadline);
  if (!found) return Unexpected{found.fault()};
  std::vector<KeptKey> keys;
  for (auto& one : *found) {
    KeptKey key;
    // A key of which nothing is said was put there by hand, and signs.
    key.life.standing = {one.selector, KeyState::active, {}};
    for (const auto& standing : *standings)
      if (standing.selector == one.selector) key.life.standing = standing;
    if (one.key) {
      key.key = *one.key;
      key.life.algorithm = key.key->algorithm();
      key.life.shown =
          sign::look_up_shown(world_.dns, one.selector, domain, *key.key, deadline);
    } else {
      key.trouble = one.key.fault().reason;
    }
    keys.push_back(std::move(key));
  }
  for (const auto& standing : *standings)
    if (find(keys, standing.selector) == nullptr)
      keys.push_back({{standing, {}, Shown::unanswered}, nullptr, ""});
  return keys;
}

KeyKeeper::Keys KeyKeeper::tend(const Domain& domain, Deadline deadline) {
  const auto keys = look(domain, deadline);
  if (!keys) return keys;
  for (const auto& key : *keys) {
    if (auto fault = adopt(domain, key)) return Unexpected{std::move(*fault)};
    if (auto fault = advance(domain, key)) return Unexpected{std::move(*fault)};
    // Seen twice, in this round and in the one before: not a passing answer.
    if (key.key && key.life.standing.state == KeyState::published)
      if (auto fault =
              set_all(domain, activation(lives_of(*keys), key.life.standing.selector,
                                         world_.clock.today())))
        return Unexpected{std::move(*fault)};
  }
  for (const auto& key : *keys)
    if (is_due(key, *keys))
      if (auto fault = make(domain, key.life.algorithm, *keys))
        return Unexpected{std::move(*fault)};
  return look(domain, deadline);
}

/// The age of a key that was put there by hand is unknown; it counts from here.
std::optional<KeyFault> KeyKeeper::adopt(const Domain& domain, const KeptKey& key) {
  if (settings_.rotate_every.count() == 0 || key.life.standing.since != WallTime{})
    return std::nullopt;
  auto standing = key.life.standing;
  standing.since = std::chrono::floor<std::chrono::seconds>(world_.clock.today());
  return set_all(domain, {standing});
}

std::optional<KeyFault> KeyKeeper::advance(const Domain& domain, const KeptKey& key) {
  const auto& standing = key.life.standing;
  if (!key.key) return std::nullopt;
  if (standing.state == KeyState::active && key.life.shown != Shown::yes &&
      key.life.shown != Shown::unanswered)
    log_event(Event::key_not_shown, {{"domain", domain.name()},
                                     {"selector", standing.selector},
                                     {"record", std::string{to_text(key.life.shown)}}});
  if (standing.state == KeyState::fresh && key.life.shown != Shown::yes)
    return change(domain, key, RecordChange::Kind::publish);
  const auto next = next_standing(key.life, world_.clock.today(), settings_.retire_after);
  if (next) return set_all(domain, {*next});
  if (standing.state != KeyState::revoked) return std::nullopt;
  // The record goes before the key does: while it is there, it can be told apart.
  if (auto fault = change(domain, key, RecordChange::Kind::withdraw)) return fault;
  return world_.store.remove(domain, standing.selector);
}

std::optional<KeyFault> KeyKeeper::change(const Domain& domain, const KeptKey& key,
                                          RecordChange::Kind kind) {
  if (!world_.publish) return std::nullopt;
  const auto& selector = key.life.standing.selector;
  const auto wrong = world_.publish(
      {kind, domain, selector, sign::key_record_name(selector, domain),
       kind == RecordChange::Kind::publish ? sign::key_record_text(*key.key)
                                           : sign::revoked_record_text(*key.key)});
  if (!wrong) return std::nullopt;
  return KeyFault{fmt::format("the record of {} could not be changed: {}",
                              sign::key_record_name(selector, domain), *wrong)};
}

/// An active key that is old enough, while no successor is on its way.
bool KeyKeeper::is_due(const KeptKey& key, const std::vector<KeptKey>& keys) const {
  const auto& standing = key.life.standing;
  if (settings_.rotate_every.count() == 0 || !key.key ||
      standing.state != KeyState::active || standing.since == WallTime{} ||
      world_.clock.today() < standing.since + settings_.rotate_every)
    return false;
  return std::ranges::none_of(keys, [&](const KeptKey& other) {
    return other.key && other.life.algorithm == key.life.algorithm &&
           (other.life.standing.state == KeyState::fresh ||
            other.life.standing.state == KeyState::published ||
            (other.life.standing.state == KeyState::active &&
             other.life.standing.since > standing.since));
  });
}

std::optional<KeyFault> KeyKeeper::make(const Domain& domain,
                                        ports::SigningAlgorithm algorithm,
                                        const std::vector<KeptKey>& keys) {
  const auto now = world_.clock.today();
  const auto base =
      fmt::format("{:%Y%m%d}{}", fmt::gmtime(now),
                  algorithm == ports::SigningAlgorithm::ed25519_sha256 ? "e" : "");
  auto selector = base;
  for (int i = 2; find(keys, selector) != nullptr; ++i)
    selector = fmt::format("{}-{}", base, i);
  auto pem = sign::make_private_key(algorithm);
  if (!pem) return KeyFault{pem.fault()};
  // Said before it is there: a key of which nothing is said would sign.
  if (auto fault = set_all(domain, {{selector, KeyState::fresh,
                                     std::chrono::floor<std::chrono::seconds>(now)}}))
    return fault;
  const auto place = world_.store.add(domain, selector, *pem);
  std::ranges::fill(*pem, '\0');
  if (!place) return place.fault();
  return std::nullopt;
}

std::optional<KeyFault> KeyKeeper::set_all(const Domain& domain,
                                           const std::vector<KeyStanding>& standings) {
  for (const auto& standing : standings) {
    if (auto fault = world_.states.set(domain, standing)) return fault;
    log_event(Event::key_state_changed, {{"domain", domain.name()},
                                         {"selector", standing.selector},
                                         {"state", std::string{to_text(standing.state)}}});
  }
  return std::nullopt;
}

std::optional<KeyFault> KeyKeeper::activate(const Domain& domain,
                                            const std::string& selector,
                                            Deadline deadline) {
  const auto keys = look(domain, deadline);
  if (!keys) return keys.fault();
  const auto* key = find(*keys, selector);
  if (key == nullptr) return no_such_key(domain, selector);
  if (!key->key)
    return KeyFault{key->trouble.empty()
                        ? fmt::format("the key {} was taken away", selector)
                        : key->trouble};
  if (key->life.shown != Shown::yes)
    return KeyFault{fmt::format("DNS does not show the key: {} is {}; publish its record",
                                sign::key_record_name(selector, domain),
                                to_text(key->life.shown))};
  return set_all(domain, activation(lives_of(*keys), selector, world_.clock.today()));
}

std::optional<KeyFault> KeyKeeper::retire(const Domain& domain,
                                          const std::string& selector) {
  const auto found = world_.keys.keys_of(domain, {}, Deadline{world_.clock.now()});
  if (!found) return found.fault();
  if (std::ranges::find(*found, selector, &ports::DomainKey::selector) == found->end())
    return no_such_key(domain, selector);
  return set_all(domain,
                 {{selector, KeyState::retiring,
                   std::chrono::floor<std::chrono::seconds>(world_.clock.today())}});
}

std::optional<KeyFault> KeyKeeper::rotate(const Domain& domain, Deadline deadline) {
  const auto keys = look(domain, deadline);
  if (!keys) return keys.fault();
  for (const auto algorithm :
       {ports::SigningAlgorithm::rsa_sha256, ports::SigningAlgorithm::ed25519_sha256}) {
    const auto has = [&](auto... states) {
      return std::ranges::any_of(*keys, [&](const KeptKey& key) {
        return key.key && key.life.algorithm == algorithm &&
               ((key.life.standing.state == states) || ...);
      });
    };
    if (!has(KeyState::active) || has(KeyState::fresh, KeyState::published)) continue;
    if (auto fault = make(domain, algorithm, *keys)) return fault;
  }
  return std::nullopt;
}

}  // namespace milterward::chores
