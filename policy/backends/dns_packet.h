// SPDX-License-Identifier: Apache-2.0
// What does a DNS answer say about the name we asked for? Reads the wire format of RFC 1035
// section 4, follows the CNAME chain of the answer section and takes the time to live of
// the whole chain, or of the absence (RFC 2308). Our own reader, since libunbound's event
// mode hands out packets, and record contents come from whoever the mail claims to be.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "policy/base/result.h"
#include "policy/ports/resolver.h"

namespace milterward::backends {

enum class DnsPacketFault {
  malformed,       // not a whole, consistent answer
  server_failure,  // a response code other than NOERROR and NXDOMAIN
};

/// The answer for `name` (canonical, see dns_name.h) and `type`. `secure` is left false:
/// the packet does not know. A negative answer without SOA has no time to live (RFC 2308
/// section 5), and one of more than 2^31 seconds counts as none (RFC 2181 section 8).
Result<ports::DnsAnswer, DnsPacketFault> parse_dns_packet(
    std::span<const std::uint8_t> packet, std::string_view name, ports::DnsType type);

}  // namespace milterward::backends
