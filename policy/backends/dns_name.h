// SPDX-License-Identifier: Apache-2.0
// One spelling for every name that is asked, compared or cached: lower case, no final dot,
// odd octets escaped (RFC 1035 section 5.1, RFC 4343). Names that SPF macros build out of
// mail may carry any octet; whatever passes here, a zone-file parser reads back unharmed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::backends {

enum class DnsNameFault { empty, empty_label, label_too_long, name_too_long, bad_escape };

constexpr std::size_t longest_dns_label = 63;  // RFC 1035 section 2.3.4
constexpr std::size_t longest_dns_name = 255;  // on the wire, with the root's octet
constexpr std::string_view root_dns_name = ".";

/// The canonical spelling of a name in presentation form; a final dot is allowed. Escapes
/// are `\DDD` and `\` before any other octet; octets that need an escape and lack it are
/// taken as they are. The root is `empty`: nothing in mail is asked there.
Result<std::string, DnsNameFault> canonical_dns_name(std::string_view presentation);

/// Adds one label off the wire to a canonical name, with the dot between them.
void append_dns_label(std::string& name, std::span<const std::uint8_t> label);

}  // namespace milterward::backends
