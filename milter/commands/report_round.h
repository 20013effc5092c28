// SPDX-License-Identifier: Apache-2.0
// One round over the DMARC reports with the mail server that the configuration names: what
// the daemon does once a minute, and `milterward report send` by hand.
#pragma once

#include <functional>

#include "policy/chores/report_keeper.h"
#include "policy/services.h"

namespace milterward::commands {

/// Waits for DNS and for the mail server. [report] must name who sends.
ports::Stored<chores::ReportKeeper::Tally> make_report_round(
    const Services& services, ports::ReportStore& store, std::function<bool()> is_unwanted);

}  // namespace milterward::commands
