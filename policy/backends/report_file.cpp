// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/report_file.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::CountedText;
using ports::Delivery;
using ports::DeliveryState;
using ports::MadeReport;
using ports::OpenReport;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;

constexpr std::int64_t report_version = 1;
/// Two daemons and the tools write for moments.
constexpr auto patience_with_others = 5s;

constexpr std::array states{DeliveryState::waiting, DeliveryState::sent,
                            DeliveryState::failed, DeliveryState::suppressed};

DeliveryState state_of(const std::string& text) {
  for (const auto state : states)
    if (to_text(state) == text) return state;
  return DeliveryState::failed;  // of a later version
}

std::vector<std::string> report_lines(const std::string& text) {
  if (text.empty()) return {};
  const auto parts = split(text, '\n');
  return {parts.begin(), parts.end()};
}

/// 16 of 0-9 and a-f.
std::string new_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

constexpr auto delivery_columns =
    "delivery.number, delivery.report, report.domain, report.begins, report.ends, "
    "delivery.destination, report.made, delivery.tries, delivery.state, "
    "delivery.next_try, delivery.reason, delivery.mark";

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
  return delivery;
}

}  // namespace

ReportFile::ReportFile(const std::string& path, Access access)
    : database_(path, {.access = access == Access::read ? SqliteUse::Access::read
                                                        : SqliteUse::Access::read_and_write,
                       .patience = patience_with_others,
                       .can_shrink = true}) {
  if (access == Access::read_and_write) make_tables();
  const auto version = database_.number("PRAGMA user_version");
  if (version > report_version) fault_ = "a later version of Milterward made it";
  if (version == 0 && access == Access::read) fault_ = "there is nothing in it yet";
  if (version == report_version) {
    SqliteStatement who{database_, "SELECT name FROM identity"};
    if (who.next()) name_ = who.text(0);
  }
  if (auto fault = database_.take_fault(); !fault.empty()) fault_ = std::move(fault);
}

void ReportFile::make_tables() {
  if (!database_.fault().empty() || database_.number("PRAGMA user_version") != 0) return;
  const auto made = in_transaction(database_, [&] {
    if (database_.number("PRAGMA user_version") != 0) return;  // another was first
    database_.run("CREATE TABLE identity (name TEXT NOT NULL)");
    SqliteStatement name{database_, "INSERT INTO identity VALUES (?)"};
    name.bind(1, std::string_view{new_name()}).next();
    database_.run(
        "CREATE TABLE open (number INTEGER PRIMARY KEY AUTOINCREMENT, begins INTEGER NOT "
        "NULL, ends INTEGER NOT NULL, domain TEXT NOT NULL, policy TEXT NOT NULL, rua TEXT "
        "NOT NULL, parts INTEGER NOT NULL DEFAULT 0, UNIQUE (begins, domain, policy))");
    database_.run(
        "CREATE TABLE counted (open INTEGER NOT NULL, row TEXT NOT NULL, count INTEGER NOT "
        "NULL, PRIMARY KEY (open, row)) WITHOUT ROWID");
    database_.run(
        "CREATE TABLE report (id TEXT PRIMARY KEY, domain TEXT NOT NULL, begins INTEGER "
        "NOT NULL, ends INTEGER NOT NULL, made INTEGER NOT NULL, messages INTEGER NOT "
        "NULL, xml TEXT NOT NULL)");
    database_.run(
        "CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, report TEXT NOT "
        "NULL, mark TEXT UNIQUE NOT NULL, destination TEXT NOT NULL, state TEXT NOT NULL, "
        "tries INTEGER NOT NULL "
        "DEFAULT 0, next_try INTEGER NOT NULL, claimed_until INTEGER NOT NULL DEFAULT 0, "
        "settled INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '')");
    database_.run("CREATE INDEX delivery_due ON delivery (state, next_try)");
    database_.run("CREATE INDEX delivery_to ON delivery (destination, state, settled)");
    database_.run("CREATE INDEX delivery_of ON delivery (report)");
    database_.run(
        "CREATE TABLE suppressed (destination TEXT PRIMARY KEY, until INTEGER NOT NULL, "
        "reason TEXT NOT NULL)");
    database_.run("PRAGMA user_version = 1");
  });
  if (!made) fault_ = made.fault();
}

/// The answer, unless something failed on the way to it.
template <class Answer>
Stored<Answer> ReportFile::answer(Answer answer) {
  if (database_.fault().empty()) return answer;
  fault_ = database_.take_fault();
  return Unexpected{fault_};
}

Stored<std::size_t> ReportFile::add(std::span<const ports::ReportEntry> entries,
                                    seconds every, std::size_t octets) {
  const auto page = database_.number("PRAGMA page_size");
  const auto in_use =
      database_.number("PRAGMA page_count") - database_.number("PRAGMA freelist_count");
  if (page * in_use > static_cast<std::int64_t>(octets)) return answer(entries.size());
  reach(ReportPoint::before_rows);
  const auto done = in_transaction(database_, [&] {
    for (const auto& entry : entries) add(entry, every);
    reach(ReportPoint::before_rows_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  reach(ReportPoint::after_rows);
  return std::size_t{0};
}

void ReportFile::add(const ports::ReportEntry& entry, seconds every) {
  const auto at = std::chrono::floor<seconds>(entry.at.time_since_epoch());
  const auto begin = at - at % every;
  SqliteStatement open{database_,
                       "INSERT INTO open (begins, ends, domain, policy, rua) VALUES (?, ?, "
                       "?, ?, ?) ON CONFLICT DO UPDATE SET rua = excluded.rua RETURNING "
                       "number"};
  open.bind(1, std::int64_t{begin.count()}).bind(2, std::int64_t{(begin + every).count()});
  open.bind(3, std::string_view{entry.domain}).bind(4, std::string_view{entry.policy});
  open.bind(5, std::string_view{fmt::format("{}", fmt::join(entry.rua, "\n"))});
  if (!open.next()) return;
  const auto number = open.integer(0);
  open.next();  // the end of it, which frees the table
  reach(ReportPoint::after_period_opened);
  SqliteStatement count{database_,
                        "INSERT INTO counted VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET "
                        "count = count + 1"};
  count.bind(1, number).bind(2, std::string_view{entry.row}).next();
  reach(ReportPoint::after_row_counted);
}

Stored<std::vector<OpenReport>> ReportFile::ended_at(seconds time, std::size_t most) {
  std::vector<OpenReport> found;
  SqliteStatement rows{database_,
                       "SELECT number, begins, ends, domain, policy, rua, parts FROM open "
                       "WHERE ends <= ? ORDER BY number LIMIT ?"};
  rows.bind(1, std::int64_t{time.count()}).bind(2, static_cast<std::int64_t>(most));
  while (rows.next())
    found.push_back({rows.integer(0), seconds{rows.integer(1)}, seconds{rows.integer(2)},
                     rows.text(3), rows.text(4), report_lines(rows.text(5)),
                     rows.integer(6)});
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
      SqliteStatement report{database_, "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?)"};
      report.bind(1, std::string_view{made.id}).bind(2, std::string_view{open.domain});
      report.bind(3, std::int64_t{open.begin.count()});
      report.bind(4, std::int64_t{open.end.count()});
      report.bind(5, std::int64_t{made.made_at.count()}).bind(6, messages);
      report.bind(7, std::string_view{made.xml}).next();
      reach(ReportPoint::after_report_put);
    }
    SqliteStatement delivery{database_,
                             "INSERT INTO delivery (report, destination, state, next_try, "
                             "mark) VALUES (?, ?, 'waiting', ?, ?)"};
    for (const auto& destination : made.destinations) {
      delivery.bind(1, std::string_view{made.id}).bind(2, std::string_view{destination});
      delivery.bind(3, std::int64_t{made.made_at.count()});
      delivery.bind(4, std::string_view{new_name()}).next();
      reach(ReportPoint::after_delivery_put);
    }
    SqliteStatement part{database_, "UPDATE open SET parts = parts + 1 WHERE number = ?"};
    part.bind(1, open.number).next();
    SqliteStatement over{database_,
                         "DELETE FROM open WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM "
                         "counted WHERE open = ?1)"};
    over.bind(1, open.number).next();
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
        "SELECT {}, report.xml FROM delivery JOIN report ON report.id = delivery.report "
        "WHERE state = 'waiting' AND next_try <= ?1 AND claimed_until <= ?1 ORDER BY "
        "next_try, number LIMIT 1",
        delivery_columns);
    SqliteStatement due{database_, select.c_str()};
    due.bind(1, std::int64_t{now.count()});
    if (!due.next()) return;
    claimed = delivery_of(due);
    claimed->xml = due.text(12);
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
        "UPDATE report SET xml = '' WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM delivery "
        "WHERE report = ?1 AND state = 'waiting')"};
    empty.bind(1, std::string_view{delivery.report}).next();
    reach(ReportPoint::before_settle_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  return true;
}

Stored<std::size_t> ReportFile::sent_since(const std::string& destination, seconds time) {
  SqliteStatement sent{database_,
                       "SELECT count(*) FROM delivery WHERE destination = ? AND state = "
                       "'sent' AND settled > ?"};
  sent.bind(1, std::string_view{destination}).bind(2, std::int64_t{time.count()});
  const auto count = sent.next() ? sent.integer(0) : 0;
  return answer(static_cast<std::size_t>(count));
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
