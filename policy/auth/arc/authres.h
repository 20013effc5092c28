// SPDX-License-Identifier: Apache-2.0
// What validating a chain found, as Authentication-Results says it: RFC 8617 section 6.
#pragma once

#include <string>

#include "policy/auth/arc/finding.h"
#include "policy/auth/authres/field.h"

namespace milterward::auth {

/// With the properties of RFC 8617 section 10.2, the client even where there is no chain.
/// No property is registered for the sealers; they stand in a comment, the newest first.
/// `client` is who handed the message in, "" when not known.
AuthresMethod authres_method(const ArcFinding& finding, const std::string& client);

}  // namespace milterward::auth
