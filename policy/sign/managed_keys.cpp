// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/managed_keys.h"

#include <algorithm>

namespace milterward::sign {

Result<std::vector<ports::DomainKey>, ports::KeyFault> ManagedKeys::keys_of(
    const Domain& domain, const std::vector<ports::DomainKey>& former, Deadline deadline) {
  // Keys first: a new one gets its state before its file, and so is never seen without it.
  auto keys = keys_->keys_of(domain, former, deadline);
  if (!keys) return keys;
  const auto standings = states_->of(domain);
  if (!standings) return Unexpected{standings.fault()};
  std::erase_if(*keys, [&](const ports::DomainKey& key) {
    return std::ranges::any_of(*standings, [&](const ports::KeyStanding& standing) {
      return standing.selector == key.selector && standing.state != ports::KeyState::active;
    });
  });
  return keys;
}

}  // namespace milterward::sign
