// SPDX-License-Identifier: Apache-2.0
// The end of a switch that names every enumerator. std::unreachable is C++23 and undefined
// when reached; a filter of hostile mail had better stop.
#pragma once

#include <cstdlib>

namespace milterward {

[[noreturn]] inline void unreachable() noexcept { std::abort(); }

}  // namespace milterward
