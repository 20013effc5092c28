// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/domain_keys.h"

#include <algorithm>

namespace milterward::ports {

std::shared_ptr<const PrivateKey> unchanged(const std::vector<DomainKey>& former,
                                            std::string_view selector,
                                            std::string_view stamp) {
  const auto found = std::ranges::find(former, selector, &DomainKey::selector);
  if (found == former.end() || found->stamp != stamp || !found->key) return nullptr;
  return found->key.value();
}

}  // namespace milterward::ports
