// SPDX-License-Identifier: Apache-2.0
// Who answers for a name: the zone it lies in, and that zone's name servers with their
// addresses, as the resolver knows them. The zone is found by asking for NS records from
// the name upwards, since a resolver's port shows no authority section.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/deadline.h"
#include "policy/mail/network.h"
#include "policy/ports/resolver.h"

namespace milterward::sign {

/// Thirteen is what the root has; zones with more are asked in part.
constexpr std::size_t most_zone_servers = 13;
/// Of one server, of both families together.
constexpr std::size_t most_server_addresses = 4;

struct ZoneServer {
  std::string name;
  std::vector<IpAddress> addresses;  // none: DNS names none, or did not say

  bool operator==(const ZoneServer&) const = default;
};

/// Sorted by name. None when DNS did not say, or names nobody. Waits for DNS.
std::vector<ZoneServer> find_zone_servers(ports::Resolver& dns, std::string_view name,
                                          Deadline deadline);

}  // namespace milterward::sign
