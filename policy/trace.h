// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace milterward {

/// The HMAC-SHA256 key of the trace header, the same on all hosts that hand mail to each
/// other.
using TraceSecret = std::array<std::uint8_t, 32>;

}  // namespace milterward
