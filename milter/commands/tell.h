// SPDX-License-Identifier: Apache-2.0
// `milterward explain QUEUE-ID`: the story of a message, from the journal.
#pragma once

#include <string>

#include "milter/commands/explain.h"
#include "milter/commands/journal_access.h"

namespace milterward::commands {

/// Is that a file with facts, or a message to be looked up? A file is what is there, what
/// has a "/" in it, and "-".
bool is_facts_file(const std::string& argument);

/// Tells all that the journal has of the messages with this queue id, Message-ID or id of
/// ours. `failed` when it has none, or cannot be read.
int tell(const std::string& name, const JournalPlace& place, const JournalTools& tools,
         Output output);

}  // namespace milterward::commands
