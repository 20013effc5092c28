// SPDX-License-Identifier: Apache-2.0
// Rules over [feedback] and what else has a database.
#pragma once

#include <vector>

#include "conf/checks.h"

namespace milterward::conf {

std::vector<Finding> check_feedback(const Config& config);

}  // namespace milterward::conf
