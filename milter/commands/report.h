// SPDX-License-Identifier: Apache-2.0
// `milterward report monitor`: what would enforcement have done with the mail of the last
// days? Reads the log that the daemon wrote.
#pragma once

#include <cstddef>
#include <string>

#include "milter/commands/explain.h"

namespace milterward::commands {

struct ReportArguments {
  std::string log;    // a file, "-" for standard input; "": the journal
  std::string since;  // as journalctl --since takes it
  std::size_t top = 5;
  Output output = Output::text;
};

/// `failed` when the log cannot be read, or holds no decision.
int report_monitor(const ReportArguments& arguments);

}  // namespace milterward::commands
