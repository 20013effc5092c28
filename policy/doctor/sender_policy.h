// SPDX-License-Identifier: Apache-2.0
// Is the SPF record of the domain sound, within its limits, and does it let our own
// addresses send and not everybody's? RFC 7208.
#pragma once

#include "policy/doctor/examination.h"
#include "policy/doctor/exchanges.h"

namespace milterward::doctor {

struct SpfStanding {
  bool is_known = false;             // everything was answered
  bool every_egress_passes = false;  // true only when there are addresses
  bool sends_nothing = false;        // the record permits nobody
};

/// Not for domains that do not exist.
SpfStanding examine_spf(Examination& examination, const MailHosts& hosts);

}  // namespace milterward::doctor
