// SPDX-License-Identifier: Apache-2.0
// Does an incoming Authentication-Results field claim to be ours? RFC 8601 section 5 has
// such fields removed at the border. Readers downstream are lenient in different ways, so
// doubt counts as a claim.
#pragma once

#include <string_view>

namespace milterward::auth {

/// True when some reader could take `id` for the authserv-id of the field: whatever its
/// case, quoting, folding and comments, with a version or rubbish behind it, with NUL,
/// control or 8-bit characters around it, as A-labels or U-labels. A field that hides its
/// id behind thousands of octets or many words beyond ASCII, or has an encoded word there,
/// claims any.
bool claims_authserv_id(std::string_view value, std::string_view id);

}  // namespace milterward::auth
