// SPDX-License-Identifier: Apache-2.0
// Does the client's address have a name that leads back to it? RFC 8601 section 3. Names
// are asked for at once and in parallel; PTR records are cheap to publish in great number,
// so at most five are followed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/base/deadline.h"
#include "policy/mail/network.h"
#include "policy/ports/resolver.h"

namespace milterward::auth {

/// RFC 8601 section 2.7.3.
enum class IprevResult { pass, fail, temperror, permerror };
std::string_view to_text(IprevResult result) noexcept;

struct IprevFinding {
  IprevResult result = IprevResult::permerror;
  std::string name;  // the name that matched, or the first one looked at
  bool operator==(const IprevFinding&) const = default;
};

/// The question for the names of an address, to be asked early.
ports::DnsQuestion iprev_question(const IpAddress& client);

/// Blocks until the deadline. No PTR record is permerror, a name that leads elsewhere is
/// fail.
IprevFinding check_iprev(const IpAddress& client, ports::Resolver& dns, Deadline deadline);

}  // namespace milterward::auth
