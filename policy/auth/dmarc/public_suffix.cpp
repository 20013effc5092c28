// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dmarc/public_suffix.h"

#include <libpsl.h>

namespace milterward::auth {

Domain organizational_domain_by_list(const Domain& domain) {
  const char* top = psl_registrable_domain(psl_builtin(), domain.name().c_str());
  if (!top) return domain;
  const auto parsed = Domain::parse(top);
  return parsed ? *parsed : domain;
}

}  // namespace milterward::auth
