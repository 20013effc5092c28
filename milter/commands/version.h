// SPDX-License-Identifier: Apache-2.0
// `milterward version`: what is this, and which libraries does it run with?
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "milter/commands/explain.h"

namespace milterward::commands {

using Versions = std::vector<std::pair<std::string, std::string>>;

int version(const Versions& libraries, Output output);

}  // namespace milterward::commands
