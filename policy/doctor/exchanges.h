// SPDX-License-Identifier: Apache-2.0
// Does mail to the domain find its way? RFC 5321 section 5.1, RFC 7505 (null MX), RFC 2181
// section 10.3 (no alias as an exchanger). A domain that cannot be answered to is refused
// as a sender by many receivers, so this concerns outgoing mail, too.
#pragma once

#include <string>
#include <vector>

#include "policy/doctor/examination.h"

namespace milterward::doctor {

struct MailHost {
  std::string name;
  std::vector<IpAddress> addresses;
};

struct MailHosts {
  bool domain_exists = true;
  bool is_null = false;         // a null MX: it takes no mail
  std::vector<MailHost> hosts;  // those that were looked at, most wanted first
};

/// Whether anything says that the domain sends mail: egress addresses, keys, selectors.
bool sends(const Patient& patient);

MailHosts examine_exchanges(Examination& examination);

/// Networks that nobody outside can reach: RFC 1918, RFC 6598, RFC 4193, loopback.
bool is_unreachable(const IpAddress& address) noexcept;

}  // namespace milterward::doctor
