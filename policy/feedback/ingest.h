// SPDX-License-Identifier: Apache-2.0
// From octets to reports: a file as it was attached, or a mail with whatever it carries.
// Reads each attachment, says of each what became of it, and keeps nothing: memory is that
// of one report at a time (feedback.max_unpacked and a multiple of it), whatever comes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/mail/header.h"
#include "policy/ports/feedback_report.h"
#include "policy/ports/feedback_store.h"

namespace milterward::feedback {

struct IngestLimits {
  std::size_t unpacked = 20'000'000;  // octets, feedback.max_unpacked
};

/// A report, or a sentence that says why it is none.
using Ingested = Result<ports::FeedbackReport, std::string>;

/// One file: XML or JSON, packed or not. A report about times after tomorrow is refused.
Ingested ingest_file(std::string_view octets, const IngestLimits& limits, WallTime today);

struct IngestedPart {
  std::string name;  // printable; "" for a mail without any part that may be a report
  Ingested outcome;
};

/// Each part of a mail that may be a report; one fault where there is none.
std::vector<IngestedPart> ingest_mail(const RawHeaders& headers, std::string_view body,
                                      const IngestLimits& limits, WallTime today);

/// What a person hands over: a file, or a whole mail, told apart by what it begins with.
std::vector<IngestedPart> ingest_anything(std::string_view octets,
                                          const IngestLimits& limits, WallTime today);

ports::FeedbackKind kind_of(const ports::FeedbackReport& report) noexcept;
const ports::FeedbackHead& head_of(const ports::FeedbackReport& report) noexcept;
/// The domain it is about; of TLS the first of them.
std::string domain_of(const ports::FeedbackReport& report);
/// Messages, or sessions.
std::uint64_t count_of(const ports::FeedbackReport& report) noexcept;

}  // namespace milterward::feedback
