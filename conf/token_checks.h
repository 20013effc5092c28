// SPDX-License-Identifier: Apache-2.0
// Do [pkcs11] and the keys that are named agree?
#pragma once

#include <vector>

#include "conf/checks.h"

namespace milterward::conf {

std::vector<Finding> check_tokens(const Config& config);

}  // namespace milterward::conf
