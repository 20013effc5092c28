// SPDX-License-Identifier: Apache-2.0
// TOML text -> Config, or everything that is wrong with it. Reads no file itself, so that
// every complaint can be tested and the core stays free of files.
#pragma once

#include <string_view>
#include <vector>

#include "conf/config.h"
#include "conf/problem.h"
#include "policy/base/result.h"

namespace milterward::conf {

/// `file_name` is for the complaints only. A value with `Config::warnings` filled, or all
/// errors in the order of the file; an error of TOML syntax comes alone, since nothing
/// behind it can be read.
Result<Config, std::vector<ConfigProblem>> load_config(std::string_view text,
                                                       std::string_view file_name);

}  // namespace milterward::conf
