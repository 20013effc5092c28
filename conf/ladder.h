// SPDX-License-Identifier: Apache-2.0
// The steps that new accounts climb, as a postmaster writes them:
//     ladder = number *( SP number )        ; messages a day, one number for each day
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace milterward::conf {

/// Empty where the text is no ladder.
std::vector<std::uint64_t> parse_ladder(std::string_view text);

}  // namespace milterward::conf
