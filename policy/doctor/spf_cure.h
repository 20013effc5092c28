// SPDX-License-Identifier: Apache-2.0
// The SPF record to publish instead of a broken one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::doctor {

/// The term that permits an address: "ip4:192.0.2.1".
std::string term_for(const IpAddress& address);

/// The record with these terms before its end: before "all", or before "redirect=".
std::string with_terms(std::string_view record, const std::vector<std::string>& terms);

/// The record with another qualifier before "all": "+all" becomes "~all"; added where there
/// is none.
std::string with_soft_end(std::string_view record);

/// One record that permits what each of these does, and ends as the mildest.
std::string merged(std::span<const std::string> records);

/// The record with its faulty term mended where we can guess what was meant ("ipv4:",
/// a bare address), else without it.
std::string without_fault(std::string_view record, std::string_view term);

/// The record without these terms.
std::string without_terms(std::string_view record, const std::vector<std::string>& terms);

/// The record of a domain whose mail leaves from these addresses.
std::string record_for(const std::vector<IpAddress>& egress);

}  // namespace milterward::doctor
