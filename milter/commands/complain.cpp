// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/complain.h"

#include <cstdio>

#include <fmt/format.h>

namespace milterward::commands {

int complain(std::string_view command, int code, std::string_view sentence) {
  fmt::print(stderr, "milterward {}: {}\n", command, sentence);
  return code;
}

}  // namespace milterward::commands
