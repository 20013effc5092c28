// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/report_file.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "policy/backends/report_tables.h"
#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::CountedText;
using ports::Delivery;
using ports::DeliveryState;
using ports::MadeReport;
using ports::OpenReport;
using ports::ReportKind;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;

/// Two daemons and the tools write for moments.
constexpr auto patience_with_others = 5s;

constexpr std::array states{DeliveryState::waiting, DeliveryState::sent,
                            DeliveryState::failed, DeliveryState::suppressed};

DeliveryState state_of(const std::string& text) {
  for (const auto state : states)
    if (to_text(state) == text) return state;
  return DeliveryState::failed;  // of a later version
}

ReportKind kind_of(const std::string& text) {
  return text == to_text(ReportKind::failure) ? ReportKind::failure : ReportKind::aggregate;
}

std::vector<std::string> report_lines(const std::string& text) {
  if (text.empty()) return {};
  const auto parts = split(text, '\n');
  return {parts.begin(), parts.end()};
}

constexpr auto delivery_columns =
    "delivery.number, delivery.report, report.domain, report.begins, report.ends, "
    "delivery.destination, report.made, delivery.tries, delivery.state, "
    "delivery.next_try, delivery.reason, delivery.mark, report.kind, report.messages";
constexpr int text_column = 14;  // behind those

Delivery delivery_of(const SqliteStatement& row) {
  Delivery delivery;
  delivery.number = row.integer(0);
  delivery.report = row.text(1);
  delivery.domain = row.text(2);
  delivery.begin = seconds{row.integer(3)};
  delivery.end = seconds{row.integer(4)};
  delivery.destination = row.text(5);
  delivery.made_at = seconds{row.integer(6)};
  delivery.tries = static_cast<unsigned>(row.integer(7));
  delivery.state = state_of(row.text(8));
  delivery.next_try = seconds{row.integer(9)};
  delivery.reason = row.text(10);
  delivery.mark = row.text(11);
  delivery.kind = kind_of(row.text(12));
  delivery.messages = static_cast<std::uint64_t>(row.integer(13));
  return delivery;
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
  if (version == 1 && access == Access::read)
    fault_ = "an earlier version of Milterward made it, and the daemon has not seen it yet";
  if (version == report_version) {
    SqliteStatement who{database_, "SELECT name FROM identity"};
    if (who.next()) name_ = who.text(0);
  }
  if (auto fault = database_.take_fault(); !fault.empty()) fault_ = std::move(fault);
}

/// The answer, unless something failed on the way to it.
template <class Answer>
Stored<Answer> ReportFile::answer(Answer answer) {
  if (database_.fault().empty()) return answer;
  fault_ = database_.take_fault();
  return Unexpected{fault_};
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
    for (const auto& entry : entries)
      if (!add(entry, room)) ++left_out.failures[entry.domain];
    reach(ReportPoint::before_rows_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  reach(ReportPoint::after_rows);
  return left_out;
}

/// Strangers choose how many different failures there are of a domain.
bool ReportFile::has_room_for(const ports::ReportEntry& entry, seconds begin,
                              const Room& room) {
  if (entry.kind != ReportKind::failure) return true;
  SqliteStatement there{database_,
                        "SELECT count(*), total(policy = ?3) FROM open WHERE begins = ?1 "
                        "AND domain = ?2 AND kind = 'failure'"};
  there.bind(1, std::int64_t{begin.count()}).bind(2, std::string_view{entry.domain});
  there.bind(3, std::string_view{entry.policy});
  return there.next() && (there.integer(0) < static_cast<std::int64_t>(room.failures) ||
                          there.integer(1) > 0);
}

/// False: there is no room for it.
bool ReportFile::add(const ports::ReportEntry& entry, const Room& room) {
  const auto every = entry.kind == ReportKind::failure ? room.failures_every : room.every;
  const auto at = std::chrono::floor<seconds>(entry.at.time_since_epoch());
  const auto begin = at - at % every;
  if (!has_room_for(entry, begin, room)) return false;
  SqliteStatement open{
      database_,
      "INSERT INTO open (begins, ends, domain, policy, uris, kind) VALUES (?, ?, ?, ?, ?, "
      "?) ON CONFLICT DO UPDATE SET uris = excluded.uris RETURNING number"};
  open.bind(1, std::int64_t{begin.count()}).bind(2, std::int64_t{(begin + every).count()});
  open.bind(3, std::string_view{entry.domain}).bind(4, std::string_view{entry.policy});
  open.bind(5, std::string_view{fmt::format("{}", fmt::join(entry.uris, "\n"))});
  open.bind(6, to_text(entry.kind));
  if (!open.next()) return true;  // a fault, told at the end of the transaction
  const auto number = open.integer(0);
  open.next();  // the end of it, which frees the table
  reach(ReportPoint::after_period_opened);
  SqliteStatement count{database_,
                        "INSERT INTO counted VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET "
                        "count = count + 1"};
  count.bind(1, number).bind(2, std::string_view{entry.row}).next();
  reach(ReportPoint::after_row_counted);
  if (entry.kind != ReportKind::failure) return true;
  SqliteStatement example{database_, "INSERT OR IGNORE INTO example VALUES (?, ?)"};
  example.bind(1, number).bind(2, std::string_view{entry.example}).next();
  return true;
}

Stored<std::vector<OpenReport>> ReportFile::ended_at(seconds time, std::size_t most) {
  std::vector<OpenReport> found;
  SqliteStatement rows{database_,
                       "SELECT number, begins, ends, domain, policy, uris, parts, kind, "
                       "coalesce(text, '') FROM open LEFT JOIN example ON open = number "
                       "WHERE ends <= ? ORDER BY number LIMIT ?"};
  rows.bind(1, std::int64_t{time.count()}).bind(2, static_cast<std::int64_t>(most));
  while (rows.next())
    found.push_back({rows.integer(0), seconds{rows.integer(1)}, seconds{rows.integer(2)},
                     rows.text(3), rows.text(4), report_lines(rows.text(5)),
                     rows.integer(6), kind_of(rows.text(7)), rows.text(8)});
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

Stored<std::optional<Delivery>> ReportFile::claim(seconds now, seconds until) {
  std::optional<Delivery> claimed;
  const auto done = in_transaction(database_, [&] {
    const auto select = fmt::format(
        "SELECT {}, report.text FROM delivery JOIN report ON report.id = delivery.report "
        "WHERE state = 'waiting' AND next_try <= ?1 AND claimed_until <= ?1 ORDER BY "
        "next_try, number LIMIT 1",
        delivery_columns);
    SqliteStatement due{database_, select.c_str()};
    due.bind(1, std::int64_t{now.count()});
    if (!due.next()) return;
    claimed = delivery_of(due);
    claimed->text = due.text(text_column);
    due.next();
    SqliteStatement mark{database_,
                         "UPDATE delivery SET claimed_until = ? WHERE number = ?"};
    mark.bind(1, std::int64_t{until.count()}).bind(2, claimed->number).next();
    reach(ReportPoint::before_claim_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  return claimed;
}

Stored<bool> ReportFile::settle(const Delivery& delivery, seconds now) {
  const auto done = in_transaction(database_, [&] {
    SqliteStatement settle{database_,
                           "UPDATE delivery SET state = ?, tries = ?, next_try = ?, "
                           "claimed_until = 0, settled = ?, reason = ? WHERE number = ?"};
    settle.bind(1, to_text(delivery.state)).bind(2, std::int64_t{delivery.tries});
    settle.bind(3, std::int64_t{delivery.next_try.count()});
    settle.bind(4, std::int64_t{now.count()}).bind(5, std::string_view{delivery.reason});
    settle.bind(6, delivery.number).next();
    reach(ReportPoint::after_settle_put);
    // Nobody is to have it any more: its text would keep others out of the file for a
    // month.
    SqliteStatement empty{
        database_,
        "UPDATE report SET text = '' WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM delivery "
        "WHERE report = ?1 AND state = 'waiting')"};
    empty.bind(1, std::string_view{delivery.report}).next();
    reach(ReportPoint::before_settle_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  return true;
}

Stored<std::size_t> ReportFile::counted(const char* sql, std::string_view name,
                                        seconds time, ReportKind kind) {
  SqliteStatement found{database_, sql};
  found.bind(1, name).bind(2, std::int64_t{time.count()}).bind(3, to_text(kind));
  const auto count = found.next() ? found.integer(0) : 0;
  return answer(static_cast<std::size_t>(count));
}

Stored<std::size_t> ReportFile::sent_since(ReportKind kind, const std::string& destination,
                                           seconds time) {
  return counted(
      "SELECT count(*) FROM delivery JOIN report ON report.id = delivery.report WHERE "
      "destination = ?1 AND state = 'sent' AND settled > ?2 AND kind = ?3",
      destination, time, kind);
}

Stored<std::size_t> ReportFile::failures_about(const std::string& domain, seconds time) {
  return counted(
      "SELECT count(*) FROM report WHERE domain = ?1 AND made > ?2 AND kind = ?3", domain,
      time, ReportKind::failure);
}

Stored<std::size_t> ReportFile::failures_for(const std::string& destination, seconds time) {
  return counted(
      "SELECT count(*) FROM delivery JOIN report ON report.id = delivery.report WHERE "
      "destination = ?1 AND made > ?2 AND kind = ?3",
      destination, time, ReportKind::failure);
}

Stored<bool> ReportFile::suppress(const std::string& destination, seconds until,
                                  const std::string& reason) {
  SqliteStatement put{database_, "INSERT OR REPLACE INTO suppressed VALUES (?, ?, ?)"};
  put.bind(1, std::string_view{destination}).bind(2, std::int64_t{until.count()});
  put.bind(3, std::string_view{reason}).next();
  return answer(true);
}

Stored<std::string> ReportFile::note_returned(const std::string& mark, seconds now,
                                              seconds until) {
  constexpr std::string_view reason = "a report came back";
  std::string destination;
  reach(ReportPoint::before_return);
  const auto done = in_transaction(database_, [&] {
    SqliteStatement sent{
        database_,
        "SELECT number, destination FROM delivery WHERE mark = ? AND state "
        "= 'sent'"};
    sent.bind(1, std::string_view{mark});
    if (!sent.next()) return;
    destination = sent.text(1);
    SqliteStatement fail{database_,
                         "UPDATE delivery SET state = 'failed', settled = ?, reason = ? "
                         "WHERE number = ?"};
    fail.bind(1, std::int64_t{now.count()}).bind(2, reason);
    fail.bind(3, sent.integer(0)).next();
    reach(ReportPoint::after_return_put);
    SqliteStatement put{database_, "INSERT OR REPLACE INTO suppressed VALUES (?, ?, ?)"};
    put.bind(1, std::string_view{destination}).bind(2, std::int64_t{until.count()});
    put.bind(3, reason).next();
    reach(ReportPoint::before_return_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  reach(ReportPoint::after_return);
  return destination;
}

Stored<bool> ReportFile::is_suppressed(const std::string& destination, seconds now) {
  SqliteStatement look{database_,
                       "SELECT 1 FROM suppressed WHERE destination = ? AND until > ?"};
  look.bind(1, std::string_view{destination}).bind(2, std::int64_t{now.count()});
  const bool is_there = look.next();
  return answer(is_there);
}

Stored<bool> ReportFile::hurry(seconds now) {
  SqliteStatement put{database_,
                      "UPDATE delivery SET next_try = ?1 WHERE state = 'waiting' AND "
                      "next_try > ?1"};
  put.bind(1, std::int64_t{now.count()}).next();
  return answer(true);
}

Stored<std::size_t> ReportFile::forget_before(seconds time) {
  std::size_t gone = 0;
  const auto done = in_transaction(database_, [&] {
    SqliteStatement reports{
        database_,
        "DELETE FROM report WHERE made < ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE "
        "delivery.report = report.id AND state = 'waiting')"};
    reports.bind(1, std::int64_t{time.count()}).next();
    gone = static_cast<std::size_t>(database_.changes());
    if (gone > 0)
      database_.run("DELETE FROM delivery WHERE report NOT IN (SELECT id FROM report)");
    SqliteStatement over{database_, "DELETE FROM suppressed WHERE until < ?"};
    over.bind(1, std::int64_t{time.count()}).next();
    reach(ReportPoint::before_forgetting_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  if (gone > 0) database_.run("PRAGMA incremental_vacuum");
  return answer(gone);
}

Stored<std::vector<Delivery>> ReportFile::deliveries(std::size_t most) {
  std::vector<Delivery> found;
  const auto select = fmt::format(
      "SELECT {} FROM delivery JOIN report ON report.id = delivery.report ORDER BY "
      "delivery.number DESC LIMIT ?",
      delivery_columns);
  SqliteStatement rows{database_, select.c_str()};
  rows.bind(1, static_cast<std::int64_t>(most));
  while (rows.next()) found.push_back(delivery_of(rows));
  return answer(std::move(found));
}

}  // namespace milterward::backends
