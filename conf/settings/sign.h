// SPDX-License-Identifier: Apache-2.0
// Which keys sign, and who may sign as whom. [sign], [[sign.key]], [[sign.owner]]
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

/// What a login may sign as: domains, and addresses with an "@".
struct Owner {
  std::string login;
  std::vector<std::string> may_use;
};

struct SignSettings {
  OnMissingKey on_missing_key;
  std::vector<SigningKey> keys;
  std::vector<Owner> owners;  // none: every submitter may sign as every domain
};

}  // namespace milterward::conf
