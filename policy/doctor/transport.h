// SPDX-License-Identifier: Apache-2.0
// Are the records about transport security sound? MTA-STS (RFC 8461 section 3.1) and
// TLS-RPT (RFC 8460 section 3). The policy itself, which is fetched by HTTPS, is not
// looked at.
#pragma once

#include "policy/doctor/examination.h"

namespace milterward::doctor {

void examine_transport(Examination& examination);

}  // namespace milterward::doctor
