// SPDX-License-Identifier: Apache-2.0
// The thread that closes periods and sends DMARC reports, once a minute. It begins with the
// first configuration that says report.send or report.failure, and is there until the end.
// It holds up nobody; at its end it waits for the mail that is being handed over.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "milter/chore_thread.h"
#include "milter/commands/reports_sent.h"
#include "milter/front/current_services.h"

namespace milterward {

class ReportChores {
 public:
  ReportChores(const front::CurrentServices& services, commands::ReportTools::Open open)
      : services_(services),
        open_(std::move(open)),
        thread_(
            "report chores", [this] { return make_a_round(); }, between_rounds) {}

  /// At the start and after a reload. May start a thread: with signals blocked. For one
  /// thread.
  void look_now();

 private:
  static constexpr std::chrono::minutes between_rounds{1};

  std::chrono::milliseconds make_a_round();
  std::string fault_of_round(const Services& services);

  const front::CurrentServices& services_;
  const commands::ReportTools::Open open_;
  std::string told_;  // the last fault of the store; of the thread alone
  ChoreThread thread_;
};

}  // namespace milterward
