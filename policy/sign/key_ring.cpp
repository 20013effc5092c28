// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_ring.h"

namespace milterward::sign {

KeyRing KeyRing::load(const std::vector<conf::SigningKey>& keys,
                      const ports::KeySource& source) {
  KeyRing ring;
  for (const auto& settings : keys)
    ring.keys_.push_back({settings, source.load(settings.file)});
  return ring;
}

std::optional<KeyRing> KeyRing::load_again(
    const ports::KeySource& source,
    const std::function<bool(const conf::SigningKey&)>& is_meant) const {
  KeyRing ring = *this;
  bool changed = false;
  for (auto& entry : ring.keys_) {
    if (entry.key || !is_meant(entry.settings)) continue;
    entry.key = source.load(entry.settings.file);
    changed = changed || entry.key;
  }
  if (!changed) return std::nullopt;
  return ring;
}

}  // namespace milterward::sign
