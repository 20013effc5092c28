// SPDX-License-Identifier: Apache-2.0
// Collects what reports are made of in a file of SQLite (report_file.h). As the journal, it
// never holds up mail: what cannot be written is left out, counted and told.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/settings/report.h"
#include "policy/backends/draft_queue.h"
#include "policy/backends/report_file.h"
#include "policy/base/clock.h"
#include "policy/ports/report_rows.h"

namespace milterward::backends {

/// The file at that path, made where there is none; a sentence why it cannot be had.
Result<std::unique_ptr<ReportFile>, std::string> open_report_file(const std::string& path);
/// For the tools that only look.
Result<std::unique_ptr<ports::ReportStore>, std::string> open_reports_to_read(
    const std::string& path);

class SqliteReportRows final : public ports::ReportRows {
 public:
  /// Reports of a site may come back to a host that did not send them.
  enum class Scope { host, site };

  SqliteReportRows(conf::ReportSettings settings, std::shared_ptr<const Clock> clock,
                   Scope scope = Scope::host, std::size_t room = 5000);

  void note(std::unique_ptr<const ports::ReportDraft> draft) noexcept override;

 private:
  using Drafts = DraftQueue<ports::ReportDraft>::Drafts;

  void take(const Drafts& drafts, std::size_t dropped);
  void write(std::span<const ports::ReportEntry> entries);
  void note_returned(const std::vector<std::string>& marks);
  void fail(const std::string& reason, std::size_t missed);
  void tell_dropped();

  const conf::ReportSettings settings_;
  const std::shared_ptr<const Clock> clock_;
  const Scope scope_;

  // Of the queue's thread alone.
  std::unique_ptr<ReportFile> file_;
  bool is_failing_ = false;
  std::size_t missed_ = 0;  // since it fails
  std::size_t untold_ = 0;  // dropped, and not told yet
  std::map<std::string, std::size_t> untold_failures_;
  std::optional<SteadyTime> failed_at_, told_at_;

  DraftQueue<ports::ReportDraft> queue_;
};

}  // namespace milterward::backends
