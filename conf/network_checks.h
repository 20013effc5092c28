// SPDX-License-Identifier: Apache-2.0
// Do the networks of a configuration hold strangers? A relay is opened by one slip: the
// whole of the Internet in one line or in two halves, all of IPv4 behind a prefix of IPv6
// that is translated, a gateway through which everybody comes.
#pragma once

#include <vector>

#include "conf/checks.h"
#include "conf/config.h"
#include "policy/mail/network.h"

namespace milterward::conf {

std::vector<Finding> check_networks(const Config& config);

/// Trusted networks that hold a default gateway of this host: what it forwards may come
/// under its own address (port forwarding of routers, containers, virtual machines).
std::vector<Finding> check_gateways(const RelaySettings& relay,
                                    const std::vector<IpAddress>& gateways);

}  // namespace milterward::conf
