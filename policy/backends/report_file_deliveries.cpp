// SPDX-License-Identifier: Apache-2.0
// Of ReportFile what becomes of a report that is made.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "policy/backends/report_file.h"
#include "policy/backends/report_tables.h"

namespace milterward::backends {
namespace {

using ports::Delivery;
using ports::DeliveryState;
using ports::ReportKind;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;

/// Marks of others that wait to be told; who invents them fills no more.
constexpr auto most_returned = 1000;
constexpr std::size_t mark_size = 16;

constexpr std::array states{DeliveryState::waiting, DeliveryState::sent,
                            DeliveryState::failed, DeliveryState::suppressed};

DeliveryState state_of(const std::string& text) {
  for (const auto state : states)
    if (to_text(state) == text) return state;
  return DeliveryState::failed;  // of a later version
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
  delivery.kind = report_kind_of(row.text(12));
  delivery.messages = static_cast<std::uint64_t>(row.integer(13));
  return delivery;
}

}  // namespace

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
    if (delivery.state == DeliveryState::sent) {
      SqliteStatement sent{database_, "INSERT INTO sent VALUES (?, ?, ?, ?)"};
      for (const auto& address : delivery.sent_to)
        for (const auto& name :
             {ports::counted_as(address), ports::host_counted_as(address)}) {
          sent.bind(1, std::string_view{name}).bind(2, to_text(delivery.kind));
          sent.bind(3, std::int64_t{now.count()}).bind(4, delivery.number).next();
        }
    }
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

Stored<std::size_t> ReportFile::sent_since(ReportKind kind, const std::string& to,
                                           seconds time) {
  return counted("SELECT count(*) FROM sent WHERE name = ?1 AND at > ?2 AND kind = ?3", to,
                 time, kind);
}

Stored<std::size_t> ReportFile::failures_about(const std::string& domain, seconds time) {
  return counted(
      "SELECT count(*) FROM report WHERE domain = ?1 AND made > ?2 AND kind = ?3", domain,
      time, ReportKind::failure);
}

Stored<std::size_t> ReportFile::failures_for(const std::string& destination, seconds time) {
  const auto* sql =
      destination.starts_with('@')
          ? "SELECT count(*) FROM delivery JOIN report ON report.id = delivery.report "
            "WHERE lower(substr(destination, instr(destination, '@'))) = ?1 AND made > ?2 "
            "AND kind = ?3"
          : "SELECT count(*) FROM delivery JOIN report ON report.id = delivery.report "
            "WHERE lower(destination) = ?1 AND made > ?2 AND kind = ?3";
  return counted(sql, destination, time, ReportKind::failure);
}

Stored<bool> ReportFile::suppress(const std::string& address, seconds until,
                                  const std::string& reason) {
  const auto name = ports::counted_as(address);
  SqliteStatement put{database_, "INSERT OR REPLACE INTO suppressed VALUES (?, ?, ?)"};
  put.bind(1, std::string_view{name}).bind(2, std::int64_t{until.count()});
  put.bind(3, std::string_view{reason}).next();
  return answer(true);
}

Stored<std::string> ReportFile::note_returned(const std::string& mark, seconds now,
                                              seconds until) {
  constexpr std::string_view reason = "a report came back";
  std::vector<std::string> addresses;
  reach(ReportPoint::before_return);
  const auto done = in_transaction(database_, [&] {
    SqliteStatement sent{database_,
                         "SELECT number FROM delivery WHERE mark = ? AND state = 'sent'"};
    sent.bind(1, std::string_view{mark});
    if (!sent.next()) return;
    SqliteStatement fail{database_,
                         "UPDATE delivery SET state = 'failed', settled = ?, reason = ? "
                         "WHERE number = ?"};
    fail.bind(1, std::int64_t{now.count()}).bind(2, reason);
    fail.bind(3, sent.integer(0)).next();
    reach(ReportPoint::after_return_put);
    SqliteStatement to{database_,
                       "SELECT DISTINCT name FROM sent WHERE delivery = ? AND name NOT "
                       "LIKE '@%'"};
    to.bind(1, sent.integer(0));
    while (to.next()) addresses.push_back(to.text(0));
    SqliteStatement put{database_, "INSERT OR REPLACE INTO suppressed VALUES (?, ?, ?)"};
    for (const auto& address : addresses) {
      put.bind(1, std::string_view{address}).bind(2, std::int64_t{until.count()});
      put.bind(3, reason).next();
    }
    reach(ReportPoint::before_return_commit);
  });
  if (!done) return Unexpected{fault_ = done.fault()};
  reach(ReportPoint::after_return);
  return fmt::format("{}", fmt::join(addresses, ", "));
}

Stored<bool> ReportFile::is_suppressed(const std::string& address, seconds now) {
  const auto name = ports::counted_as(address);
  SqliteStatement look{database_,
                       "SELECT 1 FROM suppressed WHERE destination = ? AND until > ?"};
  look.bind(1, std::string_view{name}).bind(2, std::int64_t{now.count()});
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
    if (gone > 0) {
      database_.run("DELETE FROM delivery WHERE report NOT IN (SELECT id FROM report)");
      database_.run("DELETE FROM sent WHERE delivery NOT IN (SELECT number FROM delivery)");
    }
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

Stored<bool> ReportFile::keep_returned(const std::string& mark) {
  if (mark.size() != mark_size) return false;
  SqliteStatement keep{database_,
                       "INSERT OR IGNORE INTO returned SELECT ?1 WHERE (SELECT count(*) "
                       "FROM returned) < ?2"};
  keep.bind(1, std::string_view{mark}).bind(2, std::int64_t{most_returned}).next();
  return answer(true);
}

}  // namespace milterward::backends
