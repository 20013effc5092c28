// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/check_config.h"

#include <fmt/format.h>

#include <cstdio>

#include "milter/commands/exit_codes.h"
#include "milter/commands/files.h"

namespace milterward::commands {

int check_config(const std::string& file, const FurtherChecks& further) {
  const auto config = read_config(file);
  if (!config) {
    for (const auto& problem : config.fault()) {
      fmt::print(stderr, "{}\n", conf::to_text(problem));
    }
    return wrong_config;
  }
  for (const auto& warning : config->warnings) {
    fmt::print("warning: {}\n", conf::to_text(warning));
  }
  const auto problems = further(*config);
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", conf::to_text(problem));
  if (!problems.empty()) return wrong_config;
  fmt::print("{}: configuration is valid\n", file);
  return ok;
}

}  // namespace milterward::commands
