// SPDX-License-Identifier: Apache-2.0
// Do the tables of [quota] fit together?
#pragma once

#include <vector>

#include "conf/checks.h"

namespace milterward::conf {

std::vector<Finding> check_quota(const QuotaSettings& quota);
std::vector<Finding> check_warmup(const Config& config);

}  // namespace milterward::conf
