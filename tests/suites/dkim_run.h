// SPDX-License-Identifier: Apache-2.0
// Runs a suite of signed messages through each DKIM engine.
#pragma once

#include <string>

namespace milterward::suites {

/// Names every message that an engine judges otherwise than expected; the last line of each
/// engine is `N passed, N failed`. A message passes when one of its signatures does.
/// Returns 0 when none failed, else 1. Throws std::exception for what is not a suite.
int run_dkim(const std::string& directory);

}  // namespace milterward::suites
