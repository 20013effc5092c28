// SPDX-License-Identifier: Apache-2.0
// What do receivers see of an address that mail leaves from? Its name, which has to lead
// back to it (RFC 8601 section 3; large receivers refuse without), and lists in DNS that
// speak against it (RFC 5782).
#pragma once

#include "policy/doctor/examination.h"
#include "policy/doctor/exchanges.h"

namespace milterward::doctor {

/// `hosts` propose a name for an address that has none.
void examine_egress(Examination& examination, const IpAddress& address,
                    const MailHosts& hosts);

}  // namespace milterward::doctor
