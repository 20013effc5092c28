// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/arc/origin.h"

#include "policy/auth/authres/field.h"

namespace milterward::auth {

IpAddress origin_of(const ArcFinding& chain) {
  if (chain.sets.empty()) return {};
  const auto results = parse_authres(chain.sets.front().results);
  if (!results) return {};
  for (const auto& method : results->methods)
    for (const auto& property : method.properties)
      if (property.type == "smtp" && property.name == "remote-ip")
        if (const auto address = IpAddress::parse(property.value)) return *address;
  return {};
}

}  // namespace milterward::auth
