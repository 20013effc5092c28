// SPDX-License-Identifier: Apache-2.0
// One round over the DMARC reports with the mail server that the configuration names: what
// the daemon does once a minute, and `milterward report send` by hand.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "conf/settings/store.h"
#include "policy/chores/report_sharing.h"
#include "policy/services.h"

namespace milterward::commands {

/// Where reports are; none of it is kept open. Faults are sentences.
struct ReportTools {
  using Open = std::function<ports::Stored<std::unique_ptr<ports::ReportStore>>(
      const std::string& path)>;
  Open open;  // makes the file where there is none
  Open open_to_read;
  std::function<ports::Stored<std::unique_ptr<ports::ReportOutbox>>(
      const std::string& path)>
      open_outbox;
  std::function<chores::ReportSharing::Shared(const conf::StoreSettings&)> open_shared;
};

/// Waits for DNS, for the mail server and, where hosts share one, for the store. [report]
/// must name who sends.
ports::Stored<chores::ReportSharing::Round> make_report_round(
    const Services& services, const ReportTools& tools, std::function<bool()> is_unwanted);

}  // namespace milterward::commands
