// SPDX-License-Identifier: Apache-2.0
// The ARC suites, run: failing cases are named, the last line is `N passed, N failed`.
#pragma once

#include <string>

namespace milterward::suites {

/// The exit code of the tool: 1 when a case fails that is no explained exception, or an
/// exception is none any more. Throw what read_arc_..._suite throws.
int run_arc_validation(const std::string& path);
int run_arc_sealing(const std::string& path);

}  // namespace milterward::suites
