// SPDX-License-Identifier: Apache-2.0
// `milterward check-config`: would the daemon start, or reload, with this file?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conf/config.h"

namespace milterward::commands {

/// What else is wrong with a configuration that reads well.
using FurtherChecks = std::function<std::vector<conf::ConfigProblem>(const conf::Config&)>;

/// Prints all errors on standard error and returns 78, or the warnings and "configuration
/// is valid" and returns 0. `further` runs only when the file has no errors of its own.
int check_config(const std::string& file, const FurtherChecks& further);

}  // namespace milterward::commands
