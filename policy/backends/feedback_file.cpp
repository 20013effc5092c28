// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/feedback_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::Kept;

constexpr std::int64_t feedback_version = 1;
/// Removed in one transaction; a report may have thousands of rows.
constexpr std::int64_t reports_removed_at_once = 20;

constexpr std::array parts_of_report{"aggregate_row", "tls_policy", "tls_failure"};

std::int64_t seconds_of(std::chrono::sys_seconds time) {
  return time.time_since_epoch().count();
}

std::int64_t seconds_of(WallTime time) {
  return seconds_of(std::chrono::floor<std::chrono::seconds>(time));
}

template <class Text>
std::string first_of(const std::vector<Text>& texts) {
  return texts.empty() ? std::string{} : texts.front();
}

/// Of a signature rather than of MAIL FROM, which forwarders change.
std::string passed_as(const ports::AggregateRow& row) {
  if (!row.dkim_passed.empty()) return row.dkim_passed.front().domain;
  return first_of(row.spf_passed);
}

/// RFC 7489 knows "forwarded", RFC 9990 no longer.
bool is_excused(const ports::AggregateRow& row) {
  return std::ranges::any_of(row.reasons, [](const std::string& reason) {
    return reason == "forwarded" || reason == "trusted_forwarder" ||
           reason == "mailing_list";
  });
}

struct ReportKey {
  std::string kind, domain, policy, subdomains;
  const ports::FeedbackHead* head;
};

ReportKey key_of(const ports::AggregateReport& report) {
  return {std::string{to_text(ports::FeedbackKind::aggregate)}, report.domain,
          report.policy, report.subdomains, &report.head};
}

ReportKey key_of(const ports::TlsReport& report) {
  return {std::string{to_text(ports::FeedbackKind::tls)},
          report.policies.empty() ? std::string{} : report.policies.front().domain, "", "",
          &report.head};
}

struct KnownReport {
  std::int64_t number = 0;
  bool counts = false;
};

std::optional<KnownReport> find(SqliteDatabase& database, const ReportKey& key) {
  SqliteStatement known{database,
                        "SELECT number, counts FROM report WHERE kind = ? AND organisation "
                        "= ? AND report_id = ? AND domain = ? AND begin = ?"};
  known.bind(1, std::string_view{key.kind})
      .bind(2, std::string_view{key.head->organisation})
      .bind(3, std::string_view{key.head->report_id})
      .bind(4, std::string_view{key.domain})
      .bind(5, seconds_of(key.head->begin));
  if (!known.next()) return std::nullopt;
  return KnownReport{known.integer(0), known.integer(1) != 0};
}

void remove(SqliteDatabase& database, std::int64_t number) {
  for (const auto* table : parts_of_report) {
    SqliteStatement gone{database,
                         fmt::format("DELETE FROM {} WHERE report = ?", table).c_str()};
    gone.bind(1, number).next();
  }
  SqliteStatement gone{database, "DELETE FROM report WHERE number = ?"};
  gone.bind(1, number).next();
}

std::int64_t insert(SqliteDatabase& database, const ReportKey& key,
                    const ports::FeedbackOrigin& origin) {
  SqliteStatement put{database,
                      "INSERT INTO report (kind, organisation, report_id, domain, begin, "
                      "end, received, contact, author, counts, policy, subdomains, notes) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  put.bind(1, std::string_view{key.kind})
      .bind(2, std::string_view{key.head->organisation})
      .bind(3, std::string_view{key.head->report_id})
      .bind(4, std::string_view{key.domain})
      .bind(5, seconds_of(key.head->begin))
      .bind(6, seconds_of(key.head->end))
      .bind(7, seconds_of(origin.received))
      .bind(8, std::string_view{key.head->contact})
      .bind(9, std::string_view{origin.author})
      .bind(10, std::int64_t{origin.counts ? 1 : 0})
      .bind(11, std::string_view{key.policy})
      .bind(12, std::string_view{key.subdomains})
      .bind(13, std::string_view{fmt::format("{}", fmt::join(key.head->notes, "\n"))});
  put.next();
  return database.number("SELECT last_insert_rowid()");
}

void insert_parts(SqliteDatabase& database, std::int64_t number,
                  const ports::AggregateReport& report) {
  SqliteStatement put{database,
                      "INSERT INTO aggregate_row (report, source, count, disposition, "
                      "header_from, dkim, spf, excused, passed_as, dkim_failed, "
                      "spf_failed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  for (const auto& row : report.rows) {
    put.bind(1, number)
        .bind(2, std::string_view{row.source.text()})
        .bind(3, static_cast<std::int64_t>(row.count))
        .bind(4, to_text(row.disposition))
        .bind(5, std::string_view{row.header_from})
        .bind(6, std::int64_t{row.dkim ? 1 : 0})
        .bind(7, std::int64_t{row.spf ? 1 : 0})
        .bind(8, std::int64_t{is_excused(row) ? 1 : 0})
        .bind(9, std::string_view{passed_as(row)})
        .bind(10, std::string_view{first_of(row.dkim_failed)})
        .bind(11, std::string_view{first_of(row.spf_failed)});
    put.next();
  }
}

void insert_parts(SqliteDatabase& database, std::int64_t number,
                  const ports::TlsReport& report) {
  SqliteStatement put{
      database,
      "INSERT INTO tls_policy (report, kind, domain, worked, failed) VALUES "
      "(?, ?, ?, ?, ?)"};
  SqliteStatement put_failure{database,
                              "INSERT INTO tls_failure (report, domain, kind, exchange, "
                              "count, reason) VALUES (?, ?, ?, ?, ?, ?)"};
  for (const auto& policy : report.policies) {
    put.bind(1, number)
        .bind(2, std::string_view{policy.kind})
        .bind(3, std::string_view{policy.domain})
        .bind(4, static_cast<std::int64_t>(policy.worked))
        .bind(5, static_cast<std::int64_t>(policy.failed));
    put.next();
    for (const auto& failure : policy.failures) {
      put_failure.bind(1, number)
          .bind(2, std::string_view{policy.domain})
          .bind(3, std::string_view{failure.kind})
          .bind(4, std::string_view{failure.exchange})
          .bind(5, static_cast<std::int64_t>(failure.count))
          .bind(6, std::string_view{failure.reason});
      put_failure.next();
    }
  }
}

/// What does not count is summed up nowhere: that it came is enough, so that mail that
/// proves nothing cannot fill the disk.
void insert_trace(SqliteDatabase&, std::int64_t, const ports::AggregateReport&) {}

/// By the domain of a policy it is known whom the report is about.
void insert_trace(SqliteDatabase& database, std::int64_t number,
                  const ports::TlsReport& report) {
  if (report.policies.empty()) return;
  const auto& policy = report.policies.front();
  SqliteStatement put{database, "INSERT INTO tls_policy VALUES (?, ?, ?, 0, 0)"};
  put.bind(1, number).bind(2, std::string_view{policy.kind});
  put.bind(3, std::string_view{policy.domain}).next();
}

}  // namespace

FeedbackFile::FeedbackFile(const std::string& path, Access access)
    : database_(path,
                {access == Access::read ? SqliteUse::Access::read
                                        : SqliteUse::Access::read_and_write,
                 /*syncs_each_commit=*/true, 5s, /*cache_kib=*/2000, /*can_shrink=*/true}) {
  if (access == Access::read_and_write) make_tables();
  const auto version = database_.number("PRAGMA user_version");
  if (version > feedback_version) fault_ = "a later version of Milterward made it";
  if (version == 0 && access == Access::read) fault_ = "there is nothing in it yet";
  is_damaged_ = database_.is_damaged();
  if (auto fault = database_.take_fault(); !fault.empty()) fault_ = std::move(fault);
}

void FeedbackFile::make_tables() {
  database_.run("PRAGMA wal_autocheckpoint=500");
  if (!database_.fault().empty() || database_.number("PRAGMA user_version") != 0) return;
  const auto made = in_transaction(database_, [&] {
    database_.run(
        "CREATE TABLE IF NOT EXISTS report (number INTEGER PRIMARY KEY, kind TEXT NOT "
        "NULL, "
        "organisation TEXT NOT NULL, report_id TEXT NOT NULL, domain TEXT NOT NULL, begin "
        "INTEGER NOT NULL, end INTEGER NOT NULL, received INTEGER NOT NULL, contact TEXT, "
        "author TEXT, counts INTEGER NOT NULL, policy TEXT, subdomains TEXT, notes TEXT, "
        "UNIQUE (kind, organisation, report_id, domain, begin))");
    database_.run("CREATE INDEX IF NOT EXISTS report_end ON report (end)");
    database_.run(
        "CREATE TABLE IF NOT EXISTS aggregate_row (report INTEGER NOT NULL, source TEXT, "
        "count INTEGER, disposition TEXT, header_from TEXT, dkim INTEGER, spf INTEGER, "
        "excused INTEGER, passed_as TEXT, dkim_failed TEXT, spf_failed TEXT)");
    database_.run(
        "CREATE TABLE IF NOT EXISTS tls_policy (report INTEGER NOT NULL, kind TEXT, domain "
        "TEXT, worked INTEGER, failed INTEGER)");
    database_.run(
        "CREATE TABLE IF NOT EXISTS tls_failure (report INTEGER NOT NULL, domain TEXT, "
        "kind "
        "TEXT, exchange TEXT, count INTEGER, reason TEXT)");
    for (const auto* table : parts_of_report)
      database_.run(
          fmt::format("CREATE INDEX IF NOT EXISTS {0}_report ON {0} (report)", table)
              .c_str());
    database_.run("PRAGMA user_version = 1");
  });
  if (!made) fault_ = made.fault();
}

template <class Work>
Result<bool, std::string> FeedbackFile::change(Work work) {
  auto done = in_transaction(database_, work);
  is_damaged_ = !done && database_.is_damaged();
  return done;
}

Result<Kept, std::string> FeedbackFile::add(const ports::FeedbackReport& report,
                                            const ports::FeedbackOrigin& origin) {
  auto kept = Kept::anew;
  const auto done = change([&] {
    std::visit(
        [&](const auto& one) {
          const auto key = key_of(one);
          if (const auto known = find(database_, key)) {
            kept = known->counts || !origin.counts ? Kept::known : Kept::believed_now;
            if (kept == Kept::known) return;
            // What was not believed may have said something else.
            remove(database_, known->number);
          }
          const auto number = insert(database_, key, origin);
          if (origin.counts)
            insert_parts(database_, number, one);
          else
            insert_trace(database_, number, one);
        },
        report);
  });
  if (!done) return Unexpected{done.fault()};
  return kept;
}

/// Some of those that `which`, a condition over one value, selects; what does not count
/// first, since it says of itself when it ended.
Result<std::size_t, std::string> FeedbackFile::forget(const char* which,
                                                      std::int64_t value) {
  std::size_t gone = 0;
  const auto done = change([&] {
    std::vector<std::int64_t> numbers;
    SqliteStatement old{database_,
                        fmt::format("SELECT number FROM report WHERE {} ORDER BY counts, "
                                    "end LIMIT "
                                    "?2",
                                    which)
                            .c_str()};
    old.bind(1, value).bind(2, reports_removed_at_once);
    while (old.next()) numbers.push_back(old.integer(0));
    for (const auto number : numbers) remove(database_, number);
    gone = numbers.size();
  });
  if (!done) return Unexpected{done.fault()};
  return gone;
}

Result<std::size_t, std::string> FeedbackFile::forget_before(WallTime time) {
  return forget("end < ?1", seconds_of(time));
}

Result<std::size_t, std::string> FeedbackFile::trim_to(std::size_t octets) {
  const auto page = std::max<std::int64_t>(database_.number("PRAGMA page_size"), 512);
  const auto most = static_cast<std::int64_t>(octets) / page;
  const auto pages = [&] { return database_.number("PRAGMA page_count"); };
  const auto in_use = [&] { return pages() - database_.number("PRAGMA freelist_count"); };
  std::size_t all_gone = 0;
  while (database_.fault().empty() && in_use() > most) {
    const auto gone = forget("number <> ?1", 0);
    if (!gone) return gone;
    if (*gone == 0) break;
    all_gone += *gone;
  }
  if (database_.fault().empty() && pages() > most)
    database_.run("PRAGMA incremental_vacuum");
  if (database_.fault().empty()) return all_gone;
  is_damaged_ = database_.is_damaged();
  return Unexpected{database_.take_fault()};
}

}  // namespace milterward::backends
