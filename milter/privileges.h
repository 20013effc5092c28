// SPDX-License-Identifier: Apache-2.0
// Whose rights does the daemon use? Started as root it opens its socket and then becomes
// somebody else for good, before it reads a key or a byte of mail.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "policy/base/result.h"

namespace milterward {

struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
};

bool started_as_root() noexcept;

/// Whom to become: nobody else when not root, or when the user is "" or "root". A user that
/// does not exist is a fault, with the way out.
Result<std::optional<Account>, std::string> account_to_become(const std::string& user);

/// The users and groups a configuration names that this host does not have.
std::vector<conf::ConfigProblem> unknown_accounts(const conf::Config& config);

/// For good, with the account's groups. The fault says what the system refused.
Result<Account, std::string> become(const Account& account);

/// Name of the user we are, for the log.
std::string current_user();

/// As many descriptors as the system lets us have: each connection needs one.
void raise_descriptor_limit() noexcept;

}  // namespace milterward
