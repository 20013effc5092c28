// SPDX-License-Identifier: Apache-2.0
// `milterward journal erase ADDRESS`: forgets a person who asks for it.
#pragma once

#include <string>

#include "milter/commands/journal_access.h"

namespace milterward::commands {

/// Says how many decisions named the address or login. `failed` when the journal cannot be
/// changed.
int erase_from_journal(const std::string& name, const JournalPlace& place,
                       const JournalTools& tools);

}  // namespace milterward::commands
