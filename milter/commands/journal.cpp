// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/journal.h"

#include <fmt/format.h>

#include <cstdio>

#include "milter/commands/by_hand.h"
#include "milter/commands/complain.h"
#include "milter/commands/exit_codes.h"

namespace milterward::commands {
int erase_from_journal(const std::string& name, const JournalPlace& place,
                       const JournalTools& tools) {
  const auto found = find_journal(place, "journal");
  if (!found) return failed;
  if (found->config.journal.local_parts == conf::LocalParts::hashed &&
      !tools.secret(found->config))
    return complain("journal", fmt::format("local parts are hashed (journal.local_parts), "
                                           "and {} cannot be read, which the "
                                           "hash is made with; run this as root",
                                           found->config.trace.secret_file));
  const auto eraser = tools.open_to_erase(found->file);
  if (!eraser) return complain("journal", eraser.fault());
  const auto gone = (*eraser)->erase(spellings_of(name, found->config, tools));
  if (!gone) return complain("journal", gone.fault());
  fmt::print("{} decisions that named {} are erased from {}\n", *gone, shown(name),
             found->file);
  return ok;
}

}  // namespace milterward::commands
