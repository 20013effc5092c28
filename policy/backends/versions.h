// SPDX-License-Identifier: Apache-2.0
// The libraries behind the ports, as they are at run time and not as we were built.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace milterward::backends {

/// Name and version, in the order of the names.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace milterward::backends
