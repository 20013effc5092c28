// SPDX-License-Identifier: Apache-2.0
#include "conf/feedback_checks.h"

#include <fmt/format.h>

#include <utility>

namespace milterward::conf {

/// Whoever finds the tables of another in his file takes it for damaged, or writes into it.
std::vector<Finding> check_feedback(const Config& config) {
  std::vector<Finding> found;
  for (const auto& [key, file] : {std::pair{"journal.file", &config.journal.file},
                                  std::pair{"report.file", &config.report.file}})
    if (config.feedback.file == *file)
      found.push_back({Severity::error, "feedback.file",
                       fmt::format("is the file of {}", key), "name a file of its own"});
  return found;
}

}  // namespace milterward::conf
