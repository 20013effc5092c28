// SPDX-License-Identifier: Apache-2.0
// Rules over several keys of [report].
#pragma once

#include <vector>

#include "conf/checks.h"

namespace milterward::conf {

std::vector<Finding> check_report(const Config& config);

}  // namespace milterward::conf
