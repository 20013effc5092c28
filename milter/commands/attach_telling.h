// SPDX-License-Identifier: Apache-2.0
// What attach and detach say: the difference of lines, why, what else is to be known, and
// the same as JSON.
#pragma once

#include "milter/commands/attach_case.h"

namespace milterward::attach {

/// How a command speaks of itself.
struct Words {
  const char* command;  // "attach"
  const char* nothing;  // there is nothing to do
  const char* would;    // "would attach"
};

/// Says what is and what would be. True when it is to be done as well; else `code` is what
/// the command ends with.
bool tell(const Case& found, const Outcome& outcome, const Words& words,
          const commands::AttachArguments& arguments, int& code);

/// `state`: proposed, unchanged, attached, detached.
void print_json(const Case& found, const Outcome& outcome, const char* state);

void print_after_attaching(const Case& found, const Outcome& outcome);

}  // namespace milterward::attach
