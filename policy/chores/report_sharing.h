// SPDX-License-Identifier: Apache-2.0
// Aggregate reports of a site of several hosts (policy/ports/shared_reports.h): a domain
// gets one report of a period, whichever hosts its mail came to. Each host collects in its
// own file, as one that is alone does, and hands over what is over; whoever has the lease
// makes a report of all that came and sends it. What comes too late for it is not lost: it
// makes a further report, of the rows that were not in the first. Failure reports are of
// single messages: each host sends its own.
//
// A host whose rows the store has not been offered for hours reports them alone. Of those
// that were offered and not answered only the store can say whether it has them; they
// wait for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "policy/chores/report_keeper.h"
#include "policy/ports/report_outbox.h"
#include "policy/ports/shared_reports.h"

namespace milterward::chores {

/// How long a period stays open for the rows of other hosts: each makes a round a minute,
/// and their clocks differ.
inline constexpr std::chrono::minutes shared_report_grace{10};
/// With the store away for so long a host reports alone.
inline constexpr std::chrono::hours alone_after{6};
/// Rows in one handing over. The store knows them by their place in the period, so a number
/// that changes from one try to the next would count some twice: no key sets it.
inline constexpr std::size_t handed_at_once = 1000;

class ReportSharing {
 public:
  using Shared = ports::Stored<std::unique_ptr<ports::SharedReports>>;
  struct Site {
    std::string store;  // as people know it
    ports::ReportOutbox& outbox;
    std::function<Shared()> open;
  };

  struct Round {
    ReportKeeper::Tally tally;
    std::string store_fault;  // of the shared store; "" for none
    std::string eviction;     // what it may throw away; "" for nothing
  };

  /// `own` is the world of this host's file. Waits for the store, DNS and the mail server.
  /// The fault is a sentence about the file.
  ports::Stored<Round> round(const ReportKeeper::World& own, const Site& site) const;
};

}  // namespace milterward::chores
