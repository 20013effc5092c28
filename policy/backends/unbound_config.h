// SPDX-License-Identifier: Apache-2.0
// How libunbound is tuned: a stub that asks the given servers and nobody else, keeps
// nothing itself and gives up early, since the cache and the deadlines are ours. Written as
// a configuration text, because libunbound takes some of these options from a file only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/dns.h"

namespace milterward::backends {

/// Servers as libunbound spells them, "192.0.2.1@53"; never empty: with no server at all
/// libunbound would ask the whole Internet itself.
using ForwardAddresses = std::vector<std::string>;

/// The configured servers, or else the nameserver lines of `resolv_conf` (the text of that
/// file), or else 127.0.0.1, as resolv.conf(5) has it.
ForwardAddresses forward_addresses(const std::vector<conf::DnsServer>& servers,
                                   std::string_view resolv_conf);

/// libunbound's configuration. An empty `trust_anchor_file` means no validation; the name
/// must not contain quotes or line breaks.
std::string unbound_config(const ForwardAddresses& servers,
                           std::string_view trust_anchor_file);

}  // namespace milterward::backends
