// SPDX-License-Identifier: Apache-2.0
// What changes in a file, line by line, as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>

namespace milterward::attach {

/// "" where both are equal. Lines around a change: three. `name` stands in the two lines
/// of the head.
std::string line_diff(std::string_view name, std::string_view before,
                      std::string_view after);

}  // namespace milterward::attach
