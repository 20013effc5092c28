// SPDX-License-Identifier: Apache-2.0
// The command line of what asks the journal: explain, log and journal.
#pragma once

#include "milter/commands/journal_access.h"

namespace CLI {
class App;
}

namespace milterward::commands {

/// Adds the three commands; the one that is chosen sets the exit code.
void add_journal_commands(CLI::App& app, const JournalTools& tools, int& code);

}  // namespace milterward::commands
