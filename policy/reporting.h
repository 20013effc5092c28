// SPDX-License-Identifier: Apache-2.0
// Inbound messages on their way into aggregate reports (RFC 9990). As with the journal, the
// thread that serves the mail gives away what it knows and formats nothing. A message is
// about one domain: of several author domains, the one whose policy decided.
#pragma once

#include <optional>
#include <string_view>

#include "policy/auth_results.h"
#include "policy/decide.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

/// What is to be reported of a message with these results; none where nobody asks for it:
/// without a record, and without rua= in it.
std::optional<auth::DmarcFinding> to_be_reported(const AuthResults& results);

/// Needs Services::report_rows. Of a message that is told to come back later nothing is
/// noted: it is counted when it has come. A failure is an event; no mail waits or suffers.
void note_for_reports(const Services& services, auth::DmarcFinding finding,
                      const rules::MessageFacts& facts, const Decision& decision) noexcept;

/// A notice of failure came to report.from, about a message with this Message-ID (with its
/// brackets). Where that is a report of ours, its destination gets none for a while.
void note_returned_report(const Services& services, std::string_view message_id) noexcept;

}  // namespace milterward
