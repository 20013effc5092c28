// SPDX-License-Identifier: Apache-2.0
// `milterward evaluate`: what would the daemon find about this message, and do with it? The
// message goes through a Connection as in the daemon, so that there is no second opinion.
#pragma once

#include <string>
#include <vector>

#include "milter/commands/by_hand.h"

namespace milterward::commands {

struct EvaluateArguments {
  std::string message;  // a file, "-" for standard input
  std::string ip;       // "": the client that the topmost Received field names
  std::string helo;     // "" without --ip: as that field says
  std::optional<std::string> sender;  // none: Return-Path, else the null sender
  std::vector<std::string> recipients;
  std::string login;  // "" for a client without one
};

/// Prints direction, findings, verdict and header edits. Returns 0 whatever the verdict is,
/// 1 when the message cannot be evaluated.
int evaluate(const EvaluateArguments& arguments, const ByHand& by_hand);

}  // namespace milterward::commands
