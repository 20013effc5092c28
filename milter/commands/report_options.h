// SPDX-License-Identifier: Apache-2.0
// `milterward report` and what stands behind it.
#pragma once

#include "milter/commands/by_hand.h"
#include "milter/commands/feedback_access.h"
#include "milter/commands/reports_sent.h"

namespace CLI {
class App;
}

namespace milterward::commands {

/// `by_hand` and `code` outlive the parsing of the command line.
void add_report_commands(CLI::App& app, ByHand& by_hand, const ReportTools& tools,
                         const FeedbackTools& feedback, int& code);

}  // namespace milterward::commands
