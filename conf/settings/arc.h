// SPDX-License-Identifier: Apache-2.0
// Whose word counts for mail that was forwarded. [arc]
#pragma once

#include <vector>

#include "policy/mail/domain.h"

namespace milterward::conf {

struct ArcSettings {
  std::vector<Domain> trusted_sealers;  // d= of an ARC-Seal
};

}  // namespace milterward::conf
