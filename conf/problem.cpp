// SPDX-License-Identifier: Apache-2.0
#include "conf/problem.h"

#include <fmt/format.h>

namespace milterward::conf {

std::string to_text(const ConfigProblem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text += fmt::format(":{}:{}", problem.line, problem.column);
  text += ": ";
  if (!problem.key.empty()) text += problem.key + ": ";
  text += problem.wrong;
  if (!problem.way_out.empty()) text += "; " + problem.way_out;
  return text;
}

ConfigError::ConfigError(std::vector<ConfigProblem> problems)
    : problems_(std::move(problems)) {
  for (const auto& problem : problems_)
    text_ += (text_.empty() ? "" : "\n") + to_text(problem);
}

}  // namespace milterward::conf
