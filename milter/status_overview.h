// SPDX-License-Identifier: Apache-2.0
// Gathers what the status page shows: from what is counted, from the journal's file, which
// is only read, and from the keys.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "milter/front/sessions.h"
#include "milter/key_census.h"
#include "milter/status/meter.h"
#include "milter/status/page.h"
#include "policy/base/result.h"
#include "policy/ports/feedback_store.h"
#include "policy/ports/journal_charts.h"
#include "policy/services.h"

namespace milterward {

/// Opens a journal that somebody else writes.
using OpenJournalCharts =
    std::function<Result<std::unique_ptr<ports::JournalCharts>, std::string>(
        const std::string& path)>;

/// Opens what others reported.
using OpenFeedback =
    std::function<Result<std::unique_ptr<ports::FeedbackReader>, std::string>(
        const std::string& path)>;

/// What they say together of the last 30 days. Reads the disk, up to a second where much
/// was reported.
status::ShownReports gather_reports(const Services& services,
                                    const OpenFeedback& open_feedback);

struct EgressOnShow {
  std::string address;
  status::EgressStanding standing;
};
/// The addresses of preflight.egress.
std::vector<EgressOnShow> egress_of(const status::Meter& meter, const Services& services);

/// Reads the disk: some ten milliseconds, a few hundred where the journal is large.
status::Overview gather_overview(const status::Meter& meter, const Services& services,
                                 const front::Seats& seats,
                                 const std::vector<CountedKey>& keys,
                                 const OpenJournalCharts& open_journal);

/// What the journal knows of a queue id, Message-ID or id of ours; the first hundred
/// decisions.
status::SearchResult search_journal(const Services& services, const std::string& wanted,
                                    const OpenJournalCharts& open_journal);

}  // namespace milterward
