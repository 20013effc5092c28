// SPDX-License-Identifier: Apache-2.0
// Where what DMARC reports are made of is collected, message by message. As with the
// journal, whoever decides hands over a draft, and another thread puts it into words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/base/clock.h"
#include "policy/ports/report_kind.h"

namespace milterward::ports {

/// What one message adds. The words are those of policy/reports; equal ones are counted
/// together. Failures are, whose incident is the same: of them the first one is shown.
struct ReportEntry {
  WallTime at{};
  std::string domain;  // where the DMARC record was found
  std::string policy;  // reports::to_text(PublishedPolicy), or of FailureIncident
  std::string row;     // reports::to_text(AggregateRow); "" of a failure
  std::vector<std::string> uris;  // rua=, or ruf=
  ReportKind kind = ReportKind::aggregate;
  std::string example = {};  // of a failure: what is told of this message
  /// Instead of all but the time: the mark (report_store.h) of a report that came back.
  std::string returned = {};

  bool operator==(const ReportEntry&) const = default;
};

class ReportDraft {
 public:
  virtual ~ReportDraft() = default;
  virtual ReportEntry write() const = 0;
};

class ReportRows {
 public:
  virtual ~ReportRows() = default;
  /// Never waits and never throws: where there is no room the draft is dropped and counted.
  virtual void note(std::unique_ptr<const ReportDraft> draft) noexcept = 0;
};

}  // namespace milterward::ports
