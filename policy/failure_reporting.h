// SPDX-License-Identifier: Apache-2.0
// Inbound messages on their way into failure reports (RFC 9991). While report.failure is
// "off", or nobody asks, a message costs a look at a key and at its DMARC record. The
// thread that serves the mail copies what was found; redaction and wording are done by the
// one that writes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/auth_results.h"
#include "policy/decide.h"
#include "policy/mail/header.h"
#include "policy/reports/failure_report.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

/// A failure that somebody wants to be told of, with what was found.
struct ReportedFailure {
  reports::AuthFailure failure = reports::AuthFailure::dmarc;
  auth::DmarcFinding dmarc;
  ports::SpfFinding spf;
  std::vector<ports::DkimFinding> dkim;
  std::vector<auth::AuthresMethod> methods;
  std::vector<reports::SpfText> spf_texts;
};

/// May a report tell of this message? Of one that a program sent, a report or an answer to
/// one, none does: two hosts could go on telling each other of their reports for ever. So
/// nothing is told of mail of the null sender, of report.from, or to it alone, of
/// Auto-Submitted mail (RFC 3834) and of multipart/report (RFC 6522).
bool is_worth_a_failure_report(const rules::MessageFacts& facts, const RawHeaders& headers,
                               const std::string& report_from);

/// Needs Services::report_rows. None where nobody asks (reports/failure_options.h), or
/// report.failure is not so open. Does not wait: the records of SPF are those it read.
std::optional<ReportedFailure> failure_to_report(const Services& services,
                                                 const AuthResults& results,
                                                 const ExaminedClient& client,
                                                 const rules::MessageFacts& facts,
                                                 const RawHeaders& headers);

/// As of note_for_reports(): nothing of a message that is to come back later.
void note_failure(const Services& services, ReportedFailure failure,
                  const RawHeaders& headers, const rules::MessageFacts& facts,
                  const Decision& decision) noexcept;

}  // namespace milterward
