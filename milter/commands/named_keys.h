// SPDX-License-Identifier: Apache-2.0
// The keys that [[sign.key]] names, in files and in tokens, for `milterward keys list` and
// `check`: can each sign, and does DNS show its public half? They are led on by hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/mail/domain.h"
#include "policy/services.h"
#include "policy/sign/key_at_servers.h"
#include "policy/sign/key_shown.h"

namespace milterward::commands {

struct NamedKey {
  const conf::SigningKey* settings;              // of the services
  std::shared_ptr<const ports::PrivateKey> key;  // null: cannot be used
  sign::Shown shown = sign::Shown::unanswered;
  std::string trouble;                    // why it cannot be used
  std::vector<sign::ServerView> servers;  // where they were asked
};

/// Those of one domain where one is given. `servers` of the zone are asked beside the
/// resolver; null for not. Waits for DNS.
std::vector<NamedKey> named_keys(const Services& services,
                                 const std::optional<Domain>& domain,
                                 ports::NameServers* servers);

}  // namespace milterward::commands
