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

}  // namespace milterward::sign
