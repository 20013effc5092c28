// SPDX-License-Identifier: Apache-2.0
// Which recipients have a policy of their own. [recipient], [[recipient.policy]]
#pragma once

#include <string>
#include <vector>

#include "conf/settings/inbound.h"
#include "policy/mail/domain.h"

namespace milterward::conf {

struct RecipientPolicy {
  std::vector<DomainPattern> domains;  // of recipients; not empty
  InboundSettings inbound;             // that of all, with what the row says instead

  /// What log and facts call it: its first domain.
  std::string name() const {
    return (domains.front().subdomains_only ? "." : "") + domains.front().domain.name();
  }
};

struct RecipientSettings {
  bool split;  // recipients of different policies do not share a message
  std::vector<RecipientPolicy> policies;
};

}  // namespace milterward::conf
