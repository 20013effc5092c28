// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/report_outbox_file.h"

#include "policy/backends/report_tables.h"
#include "policy/backends/sqlite_report_rows.h"

namespace milterward::backends {
namespace {

using ports::HandedRows;
using ports::OpenReport;
using ports::Stored;
using std::chrono::seconds;

}  // namespace

Result<std::unique_ptr<ports::ReportOutbox>, std::string> open_report_outbox(
    const std::string& path) {
  auto file = open_report_file(path);
  if (!file) return Unexpected{file.fault()};
  return std::unique_ptr<ports::ReportOutbox>{
      std::make_unique<ReportOutboxFile>(std::move(*file))};
}

Stored<std::size_t> ReportOutboxFile::seal(seconds time, seconds now) {
  auto& database = file_->database_;
  std::size_t sealed = 0;
  const auto done = in_transaction(database, [&] {
    std::vector<std::int64_t> ended;
    SqliteStatement open{database,
                         "SELECT number FROM open WHERE seal = 0 AND ends <= ? AND kind = "
                         "'aggregate' ORDER BY number"};
    open.bind(1, std::int64_t{time.count()});
    while (open.next()) ended.push_back(open.integer(0));
    // Seals rise and are never used again, though most of the time the table is empty.
    SqliteStatement number{database, "INSERT INTO seal DEFAULT VALUES RETURNING number"};
    SqliteStatement put{database,
                        "UPDATE open SET seal = ?, sealed_at = ?, batch = ? WHERE number "
                        "= ?"};
    const auto batch = new_report_name();
    for (const auto one : ended) {
      if (!number.next()) return;
      const auto seal = number.integer(0);
      number.next();
      put.bind(1, seal).bind(2, std::int64_t{now.count()});
      put.bind(3, std::string_view{batch}).bind(4, one).next();
    }
    if (!ended.empty()) database.run("DELETE FROM seal");
    sealed = ended.size();
  });
  if (!done) return Unexpected{done.fault()};
  return sealed;
}

Stored<std::optional<HandedRows>> ReportOutboxFile::next(std::size_t most) {
  auto& database = file_->database_;
  std::optional<HandedRows> found;
  SqliteStatement oldest{
      database,
      "SELECT seal, number, batch FROM open WHERE seal > 0 AND NOT is_alone "
      "ORDER BY seal LIMIT 1"};
  if (!oldest.next()) return file_->answer(std::move(found));
  const auto seal = oldest.integer(0);
  const auto number = oldest.integer(1);
  auto batch = oldest.text(2);
  if (batch.empty()) batch = file_->name();  // sealed by an earlier version
  oldest.next();
  auto open = file_->open_of(number);
  if (!open) return Unexpected{open.fault()};
  if (!*open) return std::optional<HandedRows>{};  // another process was faster
  auto rows = file_->rows_of(**open, most);
  if (!rows) return Unexpected{rows.fault()};
  return std::optional{
      HandedRows{std::move(batch), seal, std::move(**open), std::move(*rows)}};
}

Stored<bool> ReportOutboxFile::offer(const HandedRows& rows) {
  auto& database = file_->database_;
  SqliteStatement offered{
      database, "UPDATE open SET is_offered = 1 WHERE number = ? AND NOT is_alone"};
  offered.bind(1, rows.open.number).next();
  return file_->answer(database.changes() == 1);
}

Stored<bool> ReportOutboxFile::handed_over(const HandedRows& rows) {
  ports::MadeReport gone;
  gone.rows = rows.rows;
  return file_->close(rows.open, gone);
}

Stored<std::vector<OpenReport>> ReportOutboxFile::keep_alone(seconds time) {
  auto& database = file_->database_;
  SqliteStatement keep{database,
                       "UPDATE open SET is_alone = 1 WHERE seal > 0 AND NOT is_offered AND "
                       "NOT is_alone AND sealed_at <= ?"};
  keep.bind(1, std::int64_t{time.count()}).next();
  std::vector<std::int64_t> numbers;
  SqliteStatement alone{database, "SELECT number FROM open WHERE is_alone ORDER BY number"};
  while (alone.next()) numbers.push_back(alone.integer(0));
  std::vector<OpenReport> found;
  for (const auto number : numbers) {
    auto open = file_->open_of(number);
    if (!open) return Unexpected{open.fault()};
    if (*open) found.push_back(std::move(**open));
  }
  return file_->answer(std::move(found));
}

Stored<std::vector<std::string>> ReportOutboxFile::returned() {
  std::vector<std::string> found;
  SqliteStatement marks{file_->database_, "SELECT mark FROM returned"};
  while (marks.next()) found.push_back(marks.text(0));
  return file_->answer(std::move(found));
}

Stored<bool> ReportOutboxFile::forget_returned(const std::string& mark) {
  SqliteStatement forget{file_->database_, "DELETE FROM returned WHERE mark = ?"};
  forget.bind(1, std::string_view{mark}).next();
  return file_->answer(true);
}

}  // namespace milterward::backends
