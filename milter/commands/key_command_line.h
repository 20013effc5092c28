// SPDX-License-Identifier: Apache-2.0
// The options of the commands that look after keys.
#pragma once

#include "milter/commands/keygen.h"

namespace CLI {
class App;
}

namespace milterward::commands {

/// `by_hand` and `code` must live until the command line is parsed.
void add_keygen(CLI::App& app, ByHand& by_hand, const MakeKeyCabinet& make_cabinet,
                int& code);
void add_keys(CLI::App& app, ByHand& by_hand, const MakeKeyCabinet& make_cabinet,
              int& code);

}  // namespace milterward::commands
