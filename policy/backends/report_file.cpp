// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/report_file.h"

#include <fmt/format.h>

#include <utility>

#include "policy/backends/report_tables.h"
#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::CountedText;
using ports::MadeReport;
using ports::OpenReport;
using ports::ReportKind;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;

/// Two daemons and the tools write for moments.
constexpr auto patience_with_others = 5s;

std::vector<std::string> report_lines(const std::string& text) {
  if (text.empty()) return {};
  const auto parts = split(text, '\n');
  return {parts.begin(), parts.end()};
}

constexpr auto select_open_reports =
    "SELECT number, begins, ends, domain, policy, uris, parts, kind, coalesce(text, '') "
    "FROM open LEFT JOIN example ON open = number";

OpenReport open_report_in(const SqliteStatement& row) {
  return {row.integer(0),
          seconds{row.integer(1)},
          seconds{row.integer(2)},
          row.text(3),
          row.text(4),
          report_lines(row.text(5)),
          row.integer(6),
          report_kind_of(row.text(7)),
          row.text(8)};
}

}  // namespace

ReportFile::ReportFile(const std::string& path, Access access)
    : database_(path, {.access = access == Access::read ? SqliteUse::Access::read
                                                        : SqliteUse::Access::read_and_write,
                       .patience = patience_with_others,
                       .can_shrink = true}) {
  if (access == Access::read_and_write) fault_ = make_report_tables(database_);
  const auto version = database_.number("PRAGMA user_version");
  if (version > report_version) fault_ = "a later version of Milterward made it";
  if (version == 0 && access == Access::read) fault_ = "there is nothing in it yet";
  if (version > 0 && version < report_version && access == Access::read)
    fault_ = "an earlier version of Milterward made it, and the daemon has not seen it yet";
  if (version == report_version) {
    SqliteStatement who{database_, "SELECT name FROM identity"};
    if (who.next()) name_ = who.text(0);
  }
  if (auto fault = database_.take_fault(); !fault.empty()) fault_ = std::move(fault);
}

Stored<ReportFile::LeftOut> ReportFile::add(std::span<const ports::ReportEntry> entries,
                                            const Room& room) {
  const auto page = database_.number("PRAGMA page_size");
  const auto in_use =
      database_.number("PRAGMA page_count") - database_.number("PRAGMA freelist_count");
  LeftOut left_out;
  if (page * in_use > static_cast<std::int64_t>(room.octets)) {
    left_out.entries = entries.size();
    return answer(std::move(left_out));
  }
  reach(ReportPoint::before_rows);
  const auto done = in_transaction(database_, [&] {
    for (const auto& entry : entries) add(entry, room, left_out);
    reach(ReportPoint::before_rows_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  reach(ReportPoint::after_rows);
  return left_out;
}

/// Strangers choose how many different failures there are of a domain, and of how many
/// domains. Those that are there already are counted in any case.
bool ReportFile::has_room_for_failure(const ports::ReportEntry& entry, seconds begin,
                                      const Room& room, LeftOut& left_out) {
  SqliteStatement there{database_,
                        "SELECT count(*), total(policy = ?3) FROM open WHERE begins = ?1 "
                        "AND domain = ?2 AND kind = 'failure'"};
  there.bind(1, std::int64_t{begin.count()}).bind(2, std::string_view{entry.domain});
  there.bind(3, std::string_view{entry.policy});
  if (!there.next()) return false;  // a fault, told at the end of the transaction
  if (there.integer(1) > 0) return true;
  if (there.integer(0) >= static_cast<std::int64_t>(room.failures)) {
    ++left_out.failures[entry.domain];
    return false;
  }
  const auto part = static_cast<std::int64_t>(room.octets) / failure_part_of_file;
  if (database_.number("SELECT octets FROM failure_size") < part) return true;
  ++left_out.entries;
  return false;
}

void ReportFile::add(const ports::ReportEntry& entry, const Room& room, LeftOut& left_out) {
  const auto every = entry.kind == ReportKind::failure ? room.failures_every : room.every;
  const auto at = std::chrono::floor<seconds>(entry.at.time_since_epoch());
  const auto begin = at - at % every;
  if (entry.kind == ReportKind::failure &&
      !has_room_for_failure(entry, begin, room, left_out))
    return;
  SqliteStatement open{
      database_,
      "INSERT INTO open (begins, ends, domain, policy, uris, kind) VALUES (?, ?, ?, ?, ?, "
      "?) ON CONFLICT DO UPDATE SET uris = excluded.uris RETURNING number, "
      "row_count"};
  open.bind(1, std::int64_t{begin.count()}).bind(2, std::int64_t{(begin + every).count()});
  open.bind(3, std::string_view{entry.domain}).bind(4, std::string_view{entry.policy});
  open.bind(5, std::string_view{fmt::format("{}", fmt::join(entry.uris, "\n"))});
  open.bind(6, to_text(entry.kind));
  if (!open.next()) return;  // a fault, told at the end of the transaction
  const auto number = open.integer(0);
  const bool is_full = open.integer(1) >= most_rows_of_a_period;
  open.next();  // the end of it, which frees the table
  reach(ReportPoint::after_period_opened);
  SqliteStatement again{database_,
                        "UPDATE counted SET count = count + 1 WHERE open = ? AND row = ?"};
  again.bind(1, number).bind(2, std::string_view{entry.row}).next();
  if (database_.changes() == 0) {
    if (is_full) {
      ++left_out.entries;
      return;
    }
    SqliteStatement first{database_, "INSERT INTO counted VALUES (?, ?, 1)"};
    first.bind(1, number).bind(2, std::string_view{entry.row}).next();
    SqliteStatement longer{database_,
                           "UPDATE open SET row_count = row_count + 1 WHERE number = ?"};
    longer.bind(1, number).next();
  }
  reach(ReportPoint::after_row_counted);
  if (entry.kind != ReportKind::failure) return;
  SqliteStatement example{database_, "INSERT OR IGNORE INTO example VALUES (?, ?)"};
  example.bind(1, number).bind(2, std::string_view{entry.example}).next();
}

Stored<std::vector<OpenReport>> ReportFile::ended_at(seconds time, std::size_t most) {
  std::vector<OpenReport> found;
  const auto select =
      fmt::format("{} WHERE ends <= ? ORDER BY number LIMIT ?", select_open_reports);
  SqliteStatement rows{database_, select.c_str()};
  rows.bind(1, std::int64_t{time.count()}).bind(2, static_cast<std::int64_t>(most));
  while (rows.next()) found.push_back(open_report_in(rows));
  return answer(std::move(found));
}

Stored<std::optional<OpenReport>> ReportFile::open_of(std::int64_t number) {
  std::optional<OpenReport> found;
  const auto select = fmt::format("{} WHERE number = ?", select_open_reports);
  SqliteStatement rows{database_, select.c_str()};
  rows.bind(1, number);
  if (rows.next()) found = open_report_in(rows);
  return answer(std::move(found));
}

Stored<std::vector<CountedText>> ReportFile::rows_of(const OpenReport& open,
                                                     std::size_t most) {
  std::vector<CountedText> found;
  SqliteStatement rows{
      database_, "SELECT row, count FROM counted WHERE open = ? ORDER BY row LIMIT ?"};
  rows.bind(1, open.number).bind(2, static_cast<std::int64_t>(most));
  while (rows.next())
    found.push_back({rows.text(0), static_cast<std::uint64_t>(rows.integer(1))});
  return answer(std::move(found));
}

/// No other daemon has closed it, and nothing came since that would be lost with the rows.
bool ReportFile::still_counts(const OpenReport& open, const MadeReport& made) {
  SqliteStatement parts{database_, "SELECT parts FROM open WHERE number = ?"};
  parts.bind(1, open.number);
  if (!parts.next() || parts.integer(0) != open.parts) return false;
  parts.next();
  SqliteStatement count{database_, "SELECT count FROM counted WHERE open = ? AND row = ?"};
  for (const auto& row : made.rows) {
    count.bind(1, open.number).bind(2, std::string_view{row.row});
    if (!count.next() || count.integer(0) != static_cast<std::int64_t>(row.count))
      return false;
    count.next();
  }
  return true;
}

Stored<bool> ReportFile::close(const OpenReport& open, const MadeReport& made) {
  bool is_closed = false;
  const auto done = in_transaction(database_, [&] {
    if (!still_counts(open, made)) return;
    std::int64_t messages = 0;
    SqliteStatement gone{database_, "DELETE FROM counted WHERE open = ? AND row = ?"};
    for (const auto& row : made.rows) {
      gone.bind(1, open.number).bind(2, std::string_view{row.row}).next();
      messages += static_cast<std::int64_t>(row.count);
    }
    reach(ReportPoint::after_rows_taken);
    if (!made.destinations.empty()) {
      SqliteStatement report{database_,
                             "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
      report.bind(1, std::string_view{made.id}).bind(2, std::string_view{open.domain});
      report.bind(3, std::int64_t{open.begin.count()});
      report.bind(4, std::int64_t{open.end.count()});
      report.bind(5, std::int64_t{made.made_at.count()}).bind(6, messages);
      report.bind(7, std::string_view{made.text}).bind(8, to_text(open.kind)).next();
      reach(ReportPoint::after_report_put);
    }
    SqliteStatement delivery{database_,
                             "INSERT INTO delivery (report, destination, state, next_try, "
                             "mark) VALUES (?, ?, 'waiting', ?, ?)"};
    for (const auto& destination : made.destinations) {
      delivery.bind(1, std::string_view{made.id}).bind(2, std::string_view{destination});
      delivery.bind(3, std::int64_t{made.made_at.count()});
      delivery.bind(4, std::string_view{new_report_name()}).next();
      reach(ReportPoint::after_delivery_put);
    }
    SqliteStatement part{database_, "UPDATE open SET parts = parts + 1 WHERE number = ?"};
    part.bind(1, open.number).next();
    SqliteStatement over{database_,
                         "DELETE FROM open WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM "
                         "counted WHERE open = ?1)"};
    over.bind(1, open.number).next();
    if (open.kind == ReportKind::failure)
      database_.run("DELETE FROM example WHERE open NOT IN (SELECT number FROM open)");
    is_closed = true;
    reach(ReportPoint::before_close_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  return is_closed;
}

}  // namespace milterward::backends
