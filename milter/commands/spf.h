// SPDX-License-Identifier: Apache-2.0
// `milterward spf`: what does SPF say about this client and sender, and what did it ask?
#pragma once

#include <optional>
#include <string>

#include "conf/settings/spf.h"
#include "milter/commands/by_hand.h"

namespace milterward::commands {

struct SpfArguments {
  std::string ip;
  std::string sender;  // address, "<>" or "" for the null sender
  std::string helo;
  std::optional<conf::SpfEngine> engine;  // none: spf.engine of the configuration
};

/// Checks the MAIL FROM identity (RFC 7208 section 2.4; the null sender is postmaster of
/// the HELO name) and prints the result, why, and every DNS question with the limits it
/// used up. Returns 0 whatever the result is, 1 when it cannot be checked.
int spf(const SpfArguments& arguments, const ByHand& by_hand);

}  // namespace milterward::commands
