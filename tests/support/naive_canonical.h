// SPDX-License-Identifier: Apache-2.0
// Canonical bodies as RFC 6376 section 3.4 words them: whole, line by line, slow. What the
// canonicaliser is compared with.
#pragma once

#include <string>
#include <string_view>

#include "policy/auth/dkim/signature.h"

namespace milterward::tests {

std::string naive_canonical_body(auth::Canonicalization form, std::string_view body);

}  // namespace milterward::tests
