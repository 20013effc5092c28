// SPDX-License-Identifier: Apache-2.0
// Rules over several keys of [notify].
#pragma once

#include <vector>

#include "conf/checks.h"

namespace milterward::conf {

std::vector<Finding> check_notify(const NotifySettings& notify);

}  // namespace milterward::conf
