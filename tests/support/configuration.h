// SPDX-License-Identifier: Apache-2.0
// A configuration for tests: the installed defaults with some keys changed.
#pragma once

#include <string_view>

#include "conf/config.h"

namespace milterward::tests {

/// `keys` are blank-separated "table.key=word" pairs; words become TOML strings. Throws
/// std::runtime_error with the loader's complaints.
conf::Config configuration(std::string_view keys = "");

/// The configuration a TOML text gives.
conf::Config configuration_from(std::string_view toml);

}  // namespace milterward::tests
