// SPDX-License-Identifier: Apache-2.0
// Does the DMARC record that applies to the domain say what its owner means, may its
// reports be sent where it asks, and does the mail we send meet it? RFC 9989 sections 4.7
// and 4.10, RFC 9990 section 4 (reports to others).
#pragma once

#include "policy/doctor/examination.h"
#include "policy/doctor/sender_policy.h"
#include "policy/doctor/signatures.h"

namespace milterward::doctor {

void examine_dmarc(Examination& examination, const SpfStanding& spf,
                   const DkimStanding& dkim);

}  // namespace milterward::doctor
