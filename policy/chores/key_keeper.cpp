// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/key_keeper.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// Behind why a key cannot begin to sign.
std::string way_out(const sign::KeyView& view) {
  std::vector<std::string> others;
  for (const auto& server : view.servers)
    if (server.shown != Shown::yes)
      others.push_back(fmt::format("{}: {}", server.place(), server.says()));
  if (others.empty()) return "; publish its record";
  return fmt::format(" ({}); publish its record, or see sign.ask_authoritative",
                     fmt::join(others, ", "));
}

bool is_waiting(KeyState state) {
  return state == KeyState::fresh || state == KeyState::published;
}

/// Tells which servers keep a key from signing, or could not be heard.
void tell_of_servers(const Domain& domain, const KeptKey& key,
                     conf::AskAuthoritative rule) {
  const auto& selector = key.life.standing.selector;
  if (key.servers.empty() && rule != conf::AskAuthoritative::off)
    log_event(Event::key_server_silent, {{"domain", domain.name()},
                                         {"selector", selector},
                                         {"server", ""},
                                         {"reason", "DNS names no server of the zone"}});
  for (const auto& view : key.servers) {
    if (view.shown == Shown::yes) continue;
    const auto server = view.place();
    if (view.shown == Shown::unanswered)
      log_event(Event::key_server_silent, {{"domain", domain.name()},
                                           {"selector", selector},
                                           {"server", server},
                                           {"reason", view.trouble}});
    else if (key.life.shown == Shown::partly)
      log_event(Event::key_server_behind, {{"domain", domain.name()},
                                           {"selector", selector},
                                           {"server", server},
                                           {"record", std::string{to_text(view.shown)}}});
  }
}

}  // namespace

void warn_unless_shown(const Domain& domain, const std::string& selector, Shown shown) {
  if (shown == Shown::yes || shown == Shown::unanswered) return;
  log_event(Event::key_not_shown, {{"domain", domain.name()},
                                   {"selector", selector},
                                   {"record", std::string{to_text(shown)}}});
}

KeyKeeper::Keys KeyKeeper::look(const Domain& domain, Directly directly,
                                Deadline deadline) {
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
      auto view = sign::look_up_everywhere(askers(key.life.standing.state, directly),
                                           one.selector, domain, *key.key, deadline);
      key.life.shown = view.shown;
      key.resolver = view.resolver;
      key.servers = std::move(view.servers);
    } else {
      key.trouble = one.key.fault().reason;
    }
    keys.push_back(std::move(key));
  }
  for (const auto& standing : *standings)
    if (find(keys, standing.selector) == nullptr)
      keys.push_back(
          {{standing, {}, Shown::unanswered}, nullptr, "", {}, Shown::unanswered});
  return keys;
}

KeyKeeper::Keys KeyKeeper::warn(const Domain& domain, Deadline deadline) {
  auto keys = look(domain, Directly::none, deadline);
  if (!keys) return keys;
  for (const auto& key : *keys)
    if (key.key && key.life.standing.state == KeyState::active)
      warn_unless_shown(domain, key.life.standing.selector, key.life.shown);
  return keys;
}

sign::Askers KeyKeeper::askers(KeyState state, Directly directly) const {
  const bool changes = is_waiting(state) || state == KeyState::revoked;
  const bool asks =
      directly == Directly::every || (directly == Directly::changing && changes);
  return {world_.dns, asks ? world_.servers : nullptr, settings_.ask_authoritative,
          changes ? sign::Silence::counts : sign::Silence::passes};
}

KeyKeeper::Keys KeyKeeper::tend(const Domain& domain, Deadline deadline) {
  auto keys = look(domain, Directly::changing, deadline);
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
  auto after = look(domain, Directly::none, deadline);
  if (!after) return after;
  // Why a key goes on waiting is what the servers have just said.
  for (auto& key : *after)
    if (const auto* before = find(*keys, key.life.standing.selector);
        before != nullptr && is_waiting(key.life.standing.state)) {
      key.life.shown = before->life.shown;
      key.servers = before->servers;
    }
  return after;
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
  if (standing.state == KeyState::active)
    warn_unless_shown(domain, standing.selector, key.life.shown);
  if (is_waiting(standing.state) && world_.servers != nullptr)
    tell_of_servers(domain, key, settings_.ask_authoritative);
  // What one server or the resolver shows has been published, and is on its way to others.
  if (standing.state == KeyState::fresh && key.life.shown != Shown::yes &&
      (key.life.shown == Shown::partly || key.resolver == Shown::yes))
    return std::nullopt;
  if (standing.state == KeyState::fresh && key.life.shown != Shown::yes)
    return change(domain, key, RecordChange::Kind::publish);
  const auto next = next_standing(key.life, world_.clock.today(), settings_.retire_after);
  if (next) return set_all(domain, {*next});
  return standing.state == KeyState::revoked ? remove(domain, key) : std::nullopt;
}

/// The record goes before the key does: while the key is there, the record can be told
/// apart. Where nobody withdraws records for us, none is waited for.
std::optional<KeyFault> KeyKeeper::remove(const Domain& domain, const KeptKey& key) {
  const bool gone = sign::is_gone({key.life.shown, key.servers});
  if (world_.publish && !gone) return change(domain, key, RecordChange::Kind::withdraw);
  return world_.store.remove(domain, key.life.standing.selector);
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
  const auto place = world_.store.add(domain, selector, pem->view());
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
  auto keys = look(domain, Directly::none, deadline);
  if (!keys) return keys.fault();
  auto lives = lives_of(*keys);
  const auto* key = find(*keys, selector);
  if (key == nullptr) return no_such_key(domain, selector);
  if (!key->key)
    return KeyFault{key->trouble.empty()
                        ? fmt::format("the key {} was taken away", selector)
                        : key->trouble};
  const auto view = sign::look_up_everywhere(askers(KeyState::published, Directly::every),
                                             selector, domain, *key->key, deadline);
  if (view.shown != Shown::yes)
    return KeyFault{fmt::format("DNS does not show the key: {} is {}{}",
                                sign::key_record_name(selector, domain),
                                to_text(view.shown), way_out(view))};
  for (auto& life : lives)
    if (life.standing.selector == selector) life.shown = view.shown;
  return set_all(domain, activation(lives, selector, world_.clock.today()));
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
  const auto keys = look(domain, Directly::none, deadline);
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
