// SPDX-License-Identifier: Apache-2.0
// How a command says on standard error that it could not do it.
#pragma once

#include <string_view>

#include "milter/commands/exit_codes.h"

namespace milterward::commands {

/// "milterward COMMAND: SENTENCE"; returns the exit code it is given.
int complain(std::string_view command, int code, std::string_view sentence);

inline int complain(std::string_view command, std::string_view sentence) {
  return complain(command, failed, sentence);
}

}  // namespace milterward::commands
