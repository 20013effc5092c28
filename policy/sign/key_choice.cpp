// SPDX-License-Identifier: Apache-2.0
#include "policy/sign/key_choice.h"

#include <algorithm>

#include "policy/base/unreachable.h"

namespace milterward::sign {
namespace {

int rank_of(const RingKey& entry) {
  if (!entry.key) return 2;
  switch ((*entry.key)->algorithm()) {
    case ports::SigningAlgorithm::rsa_sha256:
      return 0;
    case ports::SigningAlgorithm::ed25519_sha256:
      return 1;
  }
  unreachable();
}

}  // namespace

std::vector<const RingKey*> keys_for(const KeyRing& ring, const Domain& author_domain) {
  std::vector<const RingKey*> keys;
  for (Domain domain = author_domain; !domain.empty() && keys.empty();
       domain = domain.parent())
    for (const auto& entry : ring.keys())
      if (entry.settings.domain == domain &&
          (domain == author_domain || entry.settings.subdomains))
        keys.push_back(&entry);
  std::ranges::stable_sort(keys, {}, [](const RingKey* entry) { return rank_of(*entry); });
  return keys;
}

}  // namespace milterward::sign
