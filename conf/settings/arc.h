// SPDX-License-Identifier: Apache-2.0
// Whose word counts for mail that was forwarded, and which mail we seal. [arc], [[arc.key]]
#pragma once

#include <vector>

#include "conf/settings/sign.h"
#include "policy/mail/domain.h"

namespace milterward::conf {

enum class SealMail {
  off,
  returned,  // mail of strangers that is handed in anew for somewhere else
  inbound,   // and all mail of strangers when it comes
};

struct ArcSettings {
  std::vector<Domain> trusted_sealers;  // d= of an ARC-Seal
  SealMail seal;
  std::vector<SigningKey> keys;  // of each, domain, selector and file only
};

}  // namespace milterward::conf
