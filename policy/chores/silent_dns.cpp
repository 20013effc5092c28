// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/silent_dns.h"

#include "policy/auth/dmarc/public_suffix.h"

namespace milterward::chores {

void SilentDns::note(const Domain& domain) {
  silent_.insert(auth::organizational_domain_by_list(domain).name());
}

bool SilentDns::has(const Domain& domain) const {
  return silent_.contains(auth::organizational_domain_by_list(domain).name());
}

}  // namespace milterward::chores
