// SPDX-License-Identifier: Apache-2.0
// How a DMARC finding reads in Authentication-Results. RFC 9989 section 9.1: header.from
// and policy.dmarc.
#pragma once

#include "policy/auth/authres/field.h"
#include "policy/auth/dmarc/evaluate.h"

namespace milterward::auth {

AuthresMethod authres_method(const DmarcFinding& finding);

}  // namespace milterward::auth
