// SPDX-License-Identifier: Apache-2.0
// The gateways of this host's default routes, as Linux tells them.
#pragma once

#include <string_view>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::commands {

/// The text of /proc/net/route.
std::vector<IpAddress> parse_ipv4_routes(std::string_view text);
/// The text of /proc/net/ipv6_route.
std::vector<IpAddress> parse_ipv6_routes(std::string_view text);

/// Of this host; none where it cannot be told.
std::vector<IpAddress> default_gateways();

}  // namespace milterward::commands
