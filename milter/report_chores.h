// SPDX-License-Identifier: Apache-2.0
// The thread that closes periods and sends DMARC reports, once a minute; of several hosts
// with a shared store (store.url) it does so for all when it is this one's turn. It begins
// with the first configuration that says report.send or report.failure, and is there until
// the end. It holds up nobody; at its end it waits for the mail that is being handed over.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "milter/chore_thread.h"
#include "milter/commands/report_round.h"
#include "milter/front/current_services.h"

namespace milterward {

class ReportChores {
 public:
  ReportChores(const front::CurrentServices& services, commands::ReportTools tools)
      : services_(services),
        tools_(std::move(tools)),
        thread_(
            "report chores", [this] { return make_a_round(); }, between_rounds) {}

  /// At the start and after a reload. May start a thread: with signals blocked. For one
  /// thread.
  void look_now();

 private:
  static constexpr std::chrono::minutes between_rounds{1};

  std::chrono::milliseconds make_a_round();
  void tell(const conf::Config& config, std::string file_fault, std::string store_fault);
  void tell_eviction(const conf::Config& config, const std::string& policy);

  const front::CurrentServices& services_;
  const commands::ReportTools tools_;
  // The last faults of file and shared store, and what that may throw away; of the thread
  // alone.
  std::string told_, told_of_store_, told_of_eviction_;
  ChoreThread thread_;
};

}  // namespace milterward
