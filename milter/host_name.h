// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace milterward {

/// The fully qualified name of this host in lower case, as far as the system knows one. May
/// ask DNS.
std::string host_name();

}  // namespace milterward
