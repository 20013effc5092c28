// SPDX-License-Identifier: Apache-2.0
// A domain, or all below one: how lists of domains are written in files and tables.
#pragma once

#include <string_view>

#include "policy/base/result.h"
#include "policy/mail/domain.h"

namespace milterward {

/// "example.org" is that domain alone, ".example.org" all below it and not itself.
struct DomainPattern {
  Domain domain;
  bool subdomains_only = false;

  static Result<DomainPattern, DomainFault> parse(std::string_view text) {
    const bool below = text.starts_with('.');
    auto domain = Domain::parse(below ? text.substr(1) : text);
    if (!domain) return Unexpected{domain.fault()};
    return DomainPattern{std::move(domain).value(), below};
  }

  bool holds(const Domain& other) const noexcept {
    return subdomains_only ? other != domain && other.is_within(domain) : other == domain;
  }

  bool operator==(const DomainPattern&) const = default;
};

}  // namespace milterward
