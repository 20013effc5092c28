// SPDX-License-Identifier: Apache-2.0
// Whole files, as the commands read them.
#pragma once

#include <string>

#include "conf/config.h"
#include "policy/base/result.h"

namespace milterward::commands {

inline constexpr auto default_config_file = "/etc/milterward/milterward.toml";

/// The content of a file, or why it cannot be read.
Result<std::string, std::string> read_file(const std::string& path);

/// The configuration in a file; a file that cannot be read is a problem of line 0.
Result<conf::Config, std::vector<conf::ConfigProblem>> read_config(const std::string& path);

}  // namespace milterward::commands
