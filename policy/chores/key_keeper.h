// SPDX-License-Identifier: Apache-2.0
// Looks after the keys of a domain, one round after the other: makes new ones when it is
// time, waits until DNS shows them, lets them sign, and takes the old ones away when the
// mail they signed has left all queues. Each round looks at DNS and at what was written
// down, and remembers nothing, so that a daemon may end and begin anywhere in between.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/chores/key_life.h"
#include "policy/ports/domain_keys.h"
#include "policy/ports/key_states.h"
#include "policy/ports/key_store.h"
#include "policy/ports/name_servers.h"
#include "policy/ports/resolver.h"
#include "policy/sign/key_at_servers.h"

namespace milterward::chores {

/// A key of a domain as it is now.
struct KeptKey {
  LivingKey life;
  std::shared_ptr<const ports::PrivateKey> key;  // null: cannot be used, or was taken away
  std::string trouble;                           // why it cannot be used
  std::vector<sign::ServerView> servers;         // where they were asked
  sign::Shown resolver = sign::Shown::unanswered;  // what the resolver shows
};

/// A record that has to be published ("publish") or may go ("withdraw").
struct RecordChange {
  enum class Kind { publish, withdraw } kind = Kind::publish;
  Domain domain;
  std::string selector;
  std::string name;  // of the record, without a final dot
  std::string text;
};

/// Logs key.not_shown where DNS is known not to show a key that signs.
void warn_unless_shown(const Domain& domain, const std::string& selector,
                       sign::Shown shown);

class KeyKeeper {
 public:
  struct Settings {
    std::chrono::seconds rotate_every{0};  // 0: no keys are made
    std::chrono::seconds retire_after{0};
    conf::AskAuthoritative ask_authoritative{};
  };
  /// Everything it asks; all of it outlives the keeper.
  struct World {
    ports::DomainKeys& keys;  // every key there is, whatever its state
    ports::KeyStore& store;
    ports::KeyStates& states;
    ports::Resolver& dns;
    ports::NameServers* servers;  // null: only the resolver is asked
    const Clock& clock;
    /// Nothing, or why the record could not be changed; it is asked for again then.
    std::function<std::optional<std::string>(const RecordChange&)> publish;
  };

  KeyKeeper(World world, Settings settings)
      : world_(std::move(world)), settings_(settings) {}

  using Keys = Result<std::vector<KeptKey>, ports::KeyFault>;

  /// Of which keys the zone's name servers are asked beside the resolver.
  enum class Directly {
    none,
    changing,  // those that wait to sign, and those that are to go: what a round needs
    every,
  };

  /// What there is, and what DNS shows of it; changes nothing.
  Keys look(const Domain& domain, Directly directly, Deadline deadline);

  /// Looks, and warns of keys that sign and that DNS does not show; changes nothing.
  Keys warn(const Domain& domain, Deadline deadline);

  /// One round. Answers what there is behind it. A fault ends the round where it stands;
  /// what was done is written down, and the next round goes on from there.
  Keys tend(const Domain& domain, Deadline deadline);

  /// By hand. `activate` asks DNS first, and refuses what it does not show.
  std::optional<ports::KeyFault> activate(const Domain& domain, const std::string& selector,
                                          Deadline deadline);
  /// Signs no more from now on. The last active key of a domain can be retired, too.
  std::optional<ports::KeyFault> retire(const Domain& domain, const std::string& selector);
  /// Makes a new key beside each active one, whatever their age.
  std::optional<ports::KeyFault> rotate(const Domain& domain, Deadline deadline);

 private:
  sign::Askers askers(ports::KeyState state, Directly directly) const;
  std::optional<ports::KeyFault> adopt(const Domain& domain, const KeptKey& key);
  std::optional<ports::KeyFault> advance(const Domain& domain, const KeptKey& key);
  std::optional<ports::KeyFault> remove(const Domain& domain, const KeptKey& key);
  std::optional<ports::KeyFault> make(const Domain& domain,
                                      ports::SigningAlgorithm algorithm,
                                      const std::vector<KeptKey>& keys);
  std::optional<ports::KeyFault> set_all(const Domain& domain,
                                         const std::vector<ports::KeyStanding>& standings);
  std::optional<ports::KeyFault> change(const Domain& domain, const KeptKey& key,
                                        RecordChange::Kind kind);
  bool is_due(const KeptKey& key, const std::vector<KeptKey>& keys) const;

  World world_;
  Settings settings_;
};

}  // namespace milterward::chores
