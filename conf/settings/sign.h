// SPDX-License-Identifier: Apache-2.0
// Which keys sign. [sign], [[sign.key]]
#pragma once

#include <string>
#include <vector>

#include "policy/mail/domain.h"

namespace milterward::conf {

/// What mail of a domain meets whose key cannot be used.
enum class OnMissingKey { defer, pass, reject };

struct SigningKey {
  Domain domain;         // d=
  std::string selector;  // s=
  std::string file;
  bool subdomains;  // signs for authors of subdomains that have no key of their own, too
};

struct SignSettings {
  OnMissingKey on_missing_key;
  std::vector<SigningKey> keys;
};

}  // namespace milterward::conf
