// SPDX-License-Identifier: Apache-2.0
// The command line of `milterward doctor`: a domain, or the mail server of this host, each
// with options of its own.
#pragma once

#include "milter/commands/by_hand.h"

namespace CLI {
class App;
}

namespace milterward::commands {

/// Adds the command; when it is given, it runs and leaves its exit code in `code`. All must
/// outlive the parsing.
void add_doctor(CLI::App& app, ByHand& by_hand, int& code);

}  // namespace milterward::commands
