// SPDX-License-Identifier: Apache-2.0
// What the daemon remembers stays out of swap. All of it, rather than the private keys
// alone: libraries copy the numbers of a key to wherever they compute, and nobody else
// knows where that is. Only pages that were touched stay in memory, so that a thousand
// stacks of threads cost no more than before.
#pragma once

#include <string>
#include <variant>

#include "policy/base/result.h"

namespace milterward {

/// Takes the limit away where we may: root may, and the daemon's user afterwards has it.
void raise_lock_limit() noexcept;

/// For good, with all that is mapped from now on. Only where there is no limit: beyond one
/// every further mapping would fail, and with it mail. The fault says what is in the way.
Result<std::monostate, std::string> lock_memory();

}  // namespace milterward
