// SPDX-License-Identifier: Apache-2.0
// The organizational domain by the public suffix list, for those who must stay with RFC
// 7489 section 3.2. The list is the one libpsl was built with: no file is read.
#pragma once

#include "policy/mail/domain.h"

namespace milterward::auth {

/// One label below the longest public suffix; the domain itself when it is one.
Domain organizational_domain_by_list(const Domain& domain);

}  // namespace milterward::auth
