// SPDX-License-Identifier: Apache-2.0
// Which names were probably meant by one that nobody knows?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milterward::conf {

/// Of dotted names: those a slip of the hand away from `name` (at most two letters, or a
/// quarter of it), nearest first; else those with the same last part, that is the right key
/// in the wrong table. At most three.
std::vector<std::string> nearest(std::string_view name,
                                 const std::vector<std::string>& known);

}  // namespace milterward::conf
