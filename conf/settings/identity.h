// SPDX-License-Identifier: Apache-2.0
// What becomes of mail that claims an address its sender does not own. [identity],
// [[identity.group]]
#pragma once

#include <string>
#include <vector>

namespace milterward::conf {

/// From the mildest to the strictest.
enum class IdentityMode {
  off,     // nobody looks
  learn,   // log what would be refused
  tag,     // and mark the message
  reject,  // refuse it
};

/// The mode for the accounts of one class.
struct IdentityGroup {
  std::string account_class;
  IdentityMode mode;
};

struct IdentitySettings {
  IdentityMode mode;           // of logins whose class has no group of its own
  IdentityMode without_login;  // of trusted networks and sendmail(1)
  std::vector<IdentityGroup> groups;
};

}  // namespace milterward::conf
