// SPDX-License-Identifier: Apache-2.0
// Rules over several keys of [notify], and over those of [status].
#pragma once

#include <vector>

#include "conf/checks.h"

namespace milterward::conf {

std::vector<Finding> check_notify(const NotifySettings& notify);
std::vector<Finding> check_status(const StatusSettings& status);

}  // namespace milterward::conf
