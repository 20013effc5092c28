// SPDX-License-Identifier: Apache-2.0
// The private keys one configuration names, loaded: each a key, or the reason why not. A
// key that failed stays in the ring, so that its domain's mail meets sign.on_missing_key
// instead of going out unsigned.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/settings/sign.h"
#include "policy/base/result.h"
#include "policy/ports/key_source.h"

namespace milterward::sign {

struct RingKey {
  conf::SigningKey settings;
  Result<std::shared_ptr<const ports::PrivateKey>, ports::KeyFault> key;
};

class KeyRing {
 public:
  KeyRing() = default;
  /// Loads every key; never fails as a whole.
  static KeyRing load(const std::vector<conf::SigningKey>& keys,
                      const ports::KeySource& source);

  /// The same ring with its unusable keys that `is_meant` loaded once more; nothing when
  /// none of them can be used now, either.
  std::optional<KeyRing> load_again(
      const ports::KeySource& source,
      const std::function<bool(const conf::SigningKey&)>& is_meant) const;

  /// A key from elsewhere, behind those that are there.
  void add(RingKey key) { keys_.push_back(std::move(key)); }

  const std::vector<RingKey>& keys() const noexcept { return keys_; }

 private:
  std::vector<RingKey> keys_;
};

}  // namespace milterward::sign
