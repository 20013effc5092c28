// SPDX-License-Identifier: Apache-2.0
// DNS packets that a reader can check by eye. In the notation of these tests `'a.test'` is
// a name in wire format, `"text"` a character-string with its length before it, `!N(` and
// `)` put the length of what is between them before it in N octets, and everything else is
// pairs of hexadecimal digits; blanks and line breaks are for the eye.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ports/resolver.h"

namespace milterward::tests {

/// Throws std::runtime_error for what is not in the notation.
std::vector<std::uint8_t> assemble(std::string_view notation);

/// "found 60 192.0.2.1", "no_data 300", "no_domain 0": outcome, TTL, values in order.
std::string describe(const ports::DnsAnswer& answer);
/// The same, or the fault's name.
std::string describe(const ports::DnsResult& result);

}  // namespace milterward::tests
