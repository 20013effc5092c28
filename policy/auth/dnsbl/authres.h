// SPDX-License-Identifier: Apache-2.0
// How lists of allowed clients read in Authentication-Results: RFC 8904. Nothing is
// registered for lists that speak against a client; those stand in the log alone.
#pragma once

#include "policy/auth/authres/field.h"
#include "policy/auth/dnsbl/dnsbl.h"

namespace milterward::auth {

/// Whether answers could have been validated decides between dns.sec=no and =na.
enum class Validation { off, on };

AuthresMethod authres_method(const DnswlFinding& finding, Validation validation);

}  // namespace milterward::auth
