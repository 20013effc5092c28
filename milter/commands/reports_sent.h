// SPDX-License-Identifier: Apache-2.0
// `milterward report preview`, `send` and `status`: what is collected for DMARC reports,
// what waits to be sent, and what became of it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "milter/commands/by_hand.h"
#include "policy/ports/report_store.h"

namespace milterward::commands {

struct ReportTools {
  using Open = std::function<Result<std::unique_ptr<ports::ReportStore>, std::string>(
      const std::string& path)>;
  Open open;  // makes it where there is none
  Open open_to_read;
};

struct ReportsSent {
  std::string domain;  // preview: the report about this one; "": a line for each
  ports::ReportKind kind = ports::ReportKind::aggregate;  // preview
  std::size_t most = 20;
};

/// `failed` when the file cannot be read, or has nothing of that domain.
int preview_reports(const ReportsSent& arguments, const ByHand& by_hand,
                    const ReportTools& tools);
/// Tries at once what waits. `failed` when something was not taken.
int send_reports(const ByHand& by_hand, const ReportTools& tools);
int tell_reports(const ReportsSent& arguments, const ByHand& by_hand,
                 const ReportTools& tools);

}  // namespace milterward::commands
