// SPDX-License-Identifier: Apache-2.0
// Where did a message enter the chain that brought it? RFC 8617 section 7.2.2.
#pragma once

#include "policy/auth/arc/finding.h"
#include "policy/mail/network.h"

namespace milterward::auth {

/// The smtp.remote-ip (RFC 8617 section 10.2) that the first sealer recorded, as good as
/// its word; not known where the chain does not hold, or the sealer wrote none.
IpAddress origin_of(const ArcFinding& chain);

}  // namespace milterward::auth
