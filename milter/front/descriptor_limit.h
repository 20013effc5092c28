// SPDX-License-Identifier: Apache-2.0
// How many connections may a front hold? All descriptors but some for DNS, logs and keys.
#pragma once

#include <cstddef>

namespace milterward::front {

/// From RLIMIT_NOFILE as it stands.
std::size_t most_connections();

}  // namespace milterward::front
