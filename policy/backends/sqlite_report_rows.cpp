// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sqlite_report_rows.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;

constexpr unsigned report_mode = 0640;  // who writes from where stands in it
/// Each commit waits for the disk.
constexpr auto rows_gathering = 1s;
constexpr std::size_t rows_batch = 500;
/// After a failure nothing is tried for so long.
constexpr auto rows_retry = 5s;
constexpr auto between_words = 1min;

std::string about_reports(const std::string& path, std::string_view fault) {
  return fmt::format("the reports {}: {}", path, fault);
}

}  // namespace

Result<std::unique_ptr<ReportFile>, std::string> open_report_file(const std::string& path) {
  if (const auto fault = make_database_file(path, report_mode); !fault.empty())
    return Unexpected{about_reports(path, fault)};
  auto file = std::make_unique<ReportFile>(path, ReportFile::Access::read_and_write);
  if (!file->fault().empty()) return Unexpected{about_reports(path, file->fault())};
  return file;
}

Result<std::unique_ptr<ports::ReportStore>, std::string> open_reports_to_read(
    const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0)
    return Unexpected{about_reports(
        path, errno == ENOENT ? "there are none yet; the daemon makes the file when "
                                "report.send or report.failure says so"
                              : std::strerror(errno))};
  auto file = std::make_unique<ReportFile>(path, ReportFile::Access::read);
  if (!file->fault().empty()) return Unexpected{about_reports(path, file->fault())};
  return std::unique_ptr<ports::ReportStore>{std::move(file)};
}

SqliteReportRows::SqliteReportRows(conf::ReportSettings settings,
                                   std::shared_ptr<const Clock> clock, Scope scope,
                                   std::size_t room)
    : settings_(std::move(settings)),
      clock_(std::move(clock)),
      scope_(scope),
      queue_("reports", {room, rows_batch, rows_gathering, 10min},
             [this](const Drafts& drafts, std::size_t dropped) { take(drafts, dropped); }) {
}

void SqliteReportRows::note(std::unique_ptr<const ports::ReportDraft> draft) noexcept {
  queue_.put(std::move(draft));
}

void SqliteReportRows::take(const Drafts& drafts, std::size_t dropped) {
  untold_ += dropped;
  std::vector<ports::ReportEntry> entries;
  std::vector<std::string> returned;
  for (const auto& draft : drafts) {
    entries.push_back(draft->write());
    if (!entries.back().returned.empty()) {
      returned.push_back(std::move(entries.back().returned));
      entries.pop_back();
    }
    if (entries.size() < rows_batch) continue;
    write(entries);
    entries.clear();
  }
  write(entries);  // of none, too: a file that cannot be had is told of at once
  note_returned(returned);
  tell_dropped();
}

void SqliteReportRows::write(std::span<const ports::ReportEntry> entries) {
  constexpr std::size_t megabyte = 1000 * 1000;
  if (is_failing_ && clock_->now() - *failed_at_ < rows_retry) {
    missed_ += entries.size();
    return;
  }
  if (!file_) {
    auto opened = open_report_file(settings_.file);
    if (!opened) return fail(opened.fault(), entries.size());
    file_ = std::move(*opened);
  }
  if (entries.empty() && !is_failing_) return;
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  const auto left_out = file_->add(
      entries,
      {settings_.max_size * megabyte, duration_cast<seconds>(settings_.every),
       duration_cast<seconds>(settings_.failure.every), settings_.failure.per_domain});
  if (!left_out) return fail(left_out.fault(), entries.size());
  untold_ += left_out->entries;
  for (const auto& [domain, messages] : left_out->failures)
    untold_failures_[domain] += messages;
  if (std::exchange(is_failing_, false))
    log_event(
        Event::report_file_recovered,
        {{"file", settings_.file}, {"missed", std::to_string(std::exchange(missed_, 0))}});
}

void SqliteReportRows::note_returned(const std::vector<std::string>& marks) {
  using std::chrono::seconds;
  const auto now = std::chrono::floor<seconds>(clock_->today().time_since_epoch());
  const auto until = now + std::chrono::duration_cast<seconds>(settings_.suppress);
  for (const auto& mark : marks) {
    if (!file_) return;
    const auto destination = file_->note_returned(mark, now, until);
    if (!destination) return fail(destination.fault(), 0);
    if (!destination->empty())
      log_event(Event::report_suppressed,
                {{"to", *destination}, {"reason", "a report came back"}});
    else if (scope_ == Scope::site)
      if (const auto kept = file_->keep_returned(mark); !kept) return fail(kept.fault(), 0);
  }
}

void SqliteReportRows::fail(const std::string& reason, std::size_t missed) {
  file_.reset();  // so that another disk, or another directory, is found
  missed_ += missed;
  failed_at_ = clock_->now();
  if (std::exchange(is_failing_, true)) return;
  log_event(Event::report_file_failing, {{"file", settings_.file}, {"reason", reason}});
}

void SqliteReportRows::tell_dropped() {
  if (untold_ == 0 && untold_failures_.empty()) return;
  if (told_at_ && clock_->now() - *told_at_ < between_words) return;
  told_at_ = clock_->now();
  if (untold_ > 0)
    log_event(
        Event::report_rows_dropped,
        {{"file", settings_.file}, {"count", std::to_string(std::exchange(untold_, 0))}});
  for (const auto& [domain, messages] : std::exchange(untold_failures_, {}))
    log_event(Event::report_failures_left_out, {{"domain", domain},
                                                {"to", ""},
                                                {"reason", "report.failure_per_domain"},
                                                {"messages", std::to_string(messages)}});
}

}  // namespace milterward::backends
