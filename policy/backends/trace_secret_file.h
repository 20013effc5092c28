// SPDX-License-Identifier: Apache-2.0
// The secret of the trace header, 32 octets as 64 hexadecimal digits and a line end in a
// file. Made at the first start; copied by the postmaster to hosts that hand mail to each
// other.
#pragma once

#include <string>

#include "policy/base/result.h"
#include "policy/sign/trace.h"

namespace milterward::backends {

/// Reads the secret, or makes one (mode 0600) and logs trace.key_created. Refuses a file
/// that others may read or the group may write: who knows the secret can have forged mail
/// taken for mail that returns. The fault names path, cause and cure.
Result<sign::TraceSecret, std::string> load_or_make_trace_secret(const std::string& path);

}  // namespace milterward::backends
