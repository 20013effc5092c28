// SPDX-License-Identifier: Apache-2.0
// What happened to a message, in plain words, out of its entry in the journal: for people
// who know mail and have not read our manual. Nothing is decided again; what is told is
// what was known then.
#pragma once

#include <string>
#include <vector>

#include "policy/ports/journal.h"

namespace milterward::status {

struct Story {
  std::string title;                   // "message 4bXyz1, 2026-11-23 19:31:00 UTC"
  std::vector<std::string> sentences;  // what was found, in the order it was looked for
  std::string end;                     // what was done, and by which rule
};

Story story_of(const ports::JournalEntry& entry);

/// "refused for good", "told to come back later", ...
std::string_view outcome_of(std::string_view verdict) noexcept;

/// The key whose value "enforce" (or "reject") makes a rule's verdict count.
std::string_view mode_key_of(std::string_view rule, bool has_login) noexcept;

}  // namespace milterward::status
