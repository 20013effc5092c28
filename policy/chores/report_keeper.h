// SPDX-License-Identifier: Apache-2.0
// DMARC reports by the clock: closes periods that are over, and hands reports to the
// mail server. A report is written down, with its name and all it says, before anybody is
// told of it; whoever is killed in between, the next round goes on where the store says.
// Only between the answer to DATA and its record may a report be handed over twice, and it
// is the same to the last octet then (RFC 9990 section 3.5.5 has receivers look for that).
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "conf/settings/dmarc.h"
#include "conf/settings/report.h"
#include "policy/base/clock.h"
#include "policy/ports/report_points.h"
#include "policy/ports/report_store.h"
#include "policy/ports/resolver.h"
#include "policy/ports/smtp_server.h"

namespace milterward::chores {

/// How long a period stays open for what is still on its way into the store.
inline constexpr std::chrono::seconds report_grace{60};
/// A delivery belongs to who claimed it for so long: longer than SMTP and DNS take.
inline constexpr std::chrono::seconds report_claim{15 * 60};
/// What could not be handed over for so long is given up. Failure reports are worth little
/// when they are late, and strangers make as many as they like.
inline constexpr std::chrono::hours report_patience{72};
inline constexpr std::chrono::hours failure_report_patience{6};

class ReportKeeper {
 public:
  /// All that one round uses; none of it is kept.
  struct World {
    const conf::ReportSettings& settings;
    conf::DmarcDiscovery discovery;
    std::chrono::milliseconds patience;  // of the questions about one destination
    std::string helo;
    ports::ReportStore& store;
    ports::Resolver& dns;
    ports::SmtpServer& mail_server;
    const Clock& clock;
    /// True once nobody wants the round any more.
    std::function<bool()> is_unwanted;
    ports::AtReportPoint at = {};
    /// How long a period stays open.
    std::chrono::seconds grace = report_grace;
  };

  struct Tally {
    std::size_t made = 0;
    std::size_t sent = 0;
    std::size_t waiting = 0;  // that were tried
    std::size_t given_up = 0;
    bool is_cut_short = false;  // by most_silent_of_a_round: others wait untried
  };

  /// Waits for DNS and for the mail server. The fault is a sentence about the store.
  ports::Stored<Tally> round(const World& world) const;
  /// A round that closes nothing but these.
  ports::Stored<Tally> round_of(const World& world,
                                std::vector<ports::OpenReport> ended) const;
};

}  // namespace milterward::chores
