// SPDX-License-Identifier: Apache-2.0
// `milterward report preview`, `send` and `status`: what is collected for DMARC reports,
// what waits to be sent, and what became of it.
#pragma once

#include <cstddef>
#include <string>

#include "milter/commands/by_hand.h"
#include "milter/commands/report_round.h"

namespace milterward::commands {

struct ReportsSent {
  std::string domain;  // preview: the report about this one; "": a line for each
  ports::ReportKind kind = ports::ReportKind::aggregate;  // preview
  std::size_t most = 20;
};

/// Of this host and, where several share a store, of what they have handed over: `in_part`
/// when that store is away. `failed` when the file cannot be read, or nothing is known of
/// that domain.
int preview_reports(const ReportsSent& arguments, const ByHand& by_hand,
                    const ReportTools& tools);
/// Tries at once what waits. `failed` when something was not taken.
int send_reports(const ByHand& by_hand, const ReportTools& tools);
int tell_reports(const ReportsSent& arguments, const ByHand& by_hand,
                 const ReportTools& tools);

}  // namespace milterward::commands
