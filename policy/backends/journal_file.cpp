// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/journal_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::JournalEntry;
using ports::JournalQuery;

constexpr std::int64_t journal_version = 1;
/// Removed in one transaction, so that a reader or the next batch need not wait long.
constexpr std::int64_t removed_at_once = 2000;

constexpr auto columns =
    "at, kind, id, queue_id, message_id, direction, reason, client, mail_from, login, "
    "domain, recipients, verdict, rule, mode, would, reply, want, facts, findings, "
    "because, dmarc, signed_with, sealed_as, latency, names";

std::int64_t micros_of(WallTime time) {
  using std::chrono::microseconds;
  return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}

WallTime time_of(std::int64_t micros) {
  return WallTime{
      std::chrono::duration_cast<WallTime::duration>(std::chrono::microseconds{micros})};
}

std::string lines_of(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, "\n"));
}

std::vector<std::string> items_of(const std::string& lines) {
  if (lines.empty()) return {};
  const auto parts = split(lines, '\n');
  return {parts.begin(), parts.end()};
}

/// Each between line ends.
std::string names_of(const JournalEntry& entry) {
  return fmt::format("\n{}\n", to_lower(lines_of(entry.names)));
}

void bind(SqliteStatement& put, const JournalEntry& entry) {
  int next = 0;
  put.bind(++next, micros_of(entry.at));
  for (const auto* text :
       {&entry.kind, &entry.id, &entry.queue_id, &entry.message_id, &entry.direction,
        &entry.reason, &entry.client, &entry.mail_from, &entry.login, &entry.domain})
    put.bind(++next, std::string_view{*text});
  put.bind(++next, lines_of(entry.recipients));
  for (const auto* text : {&entry.verdict, &entry.rule, &entry.mode, &entry.would,
                           &entry.reply, &entry.want, &entry.facts})
    put.bind(++next, std::string_view{*text});
  put.bind(++next, lines_of(entry.findings));
  for (const auto* text :
       {&entry.because, &entry.dmarc, &entry.signed_with, &entry.sealed_as})
    put.bind(++next, std::string_view{*text});
  put.bind(++next, std::int64_t{entry.latency.count()});
  put.bind(++next, names_of(entry));
}

JournalEntry entry_of(const SqliteStatement& row) {
  JournalEntry entry;
  int next = 0;
  entry.at = time_of(row.integer(next));
  for (auto* text :
       {&entry.kind, &entry.id, &entry.queue_id, &entry.message_id, &entry.direction,
        &entry.reason, &entry.client, &entry.mail_from, &entry.login, &entry.domain})
    *text = row.text(++next);
  entry.recipients = items_of(row.text(++next));
  for (auto* text : {&entry.verdict, &entry.rule, &entry.mode, &entry.would, &entry.reply,
                     &entry.want, &entry.facts})
    *text = row.text(++next);
  entry.findings = items_of(row.text(++next));
  for (auto* text : {&entry.because, &entry.dmarc, &entry.signed_with, &entry.sealed_as})
    *text = row.text(++next);
  entry.latency = std::chrono::microseconds{row.integer(++next)};
  const auto names = row.text(++next);
  entry.names = items_of(std::string{trim(names)});
  return entry;
}

/// A condition with its values, in their order.
struct Where {
  std::string sql = "1";
  std::vector<std::string> values;

  void add(const std::string& condition, std::vector<std::string> with) {
    sql += " AND (" + condition + ")";
    std::ranges::move(with, std::back_inserter(values));
  }
};

/// One of them is the whole of a line of the column, or its end when it begins with "@".
void add_addresses(Where& where, const std::string& column,
                   const std::vector<std::string>& wanted) {
  std::string condition;
  std::vector<std::string> values;
  for (const auto& address : wanted) {
    const auto* before = address.starts_with('@') ? "" : "char(10)||";
    condition += fmt::format("{}instr(char(10)||lower({})||char(10), {}?||char(10))",
                             condition.empty() ? "" : " OR ", column, before);
    values.push_back(to_lower(address));
  }
  if (!condition.empty()) where.add(condition, std::move(values));
}

Where condition_of(const JournalQuery& query) {
  Where where;
  add_addresses(where, "mail_from", query.mail_from);
  add_addresses(where, "recipients", query.recipient);
  if (!query.rule.empty())
    where.add("rule = ? OR substr(rule, 1, length(?) + 1) = ? || '.'",
              {query.rule, query.rule, query.rule});
  if (!query.verdict.empty()) where.add("verdict = ?", {query.verdict});
  if (!query.domain.empty()) {
    const auto domain = to_lower(query.domain);
    where.add(
        "domain = ? OR instr(lower(mail_from)||char(10), ?||char(10)) OR "
        "instr(lower(recipients)||char(10), ?||char(10))",
        {domain, "@" + domain, "@" + domain});
  }
  return where;
}

/// What std::chrono's extremes are in microseconds, which no row exceeds.
std::int64_t bound_of(WallTime time) {
  if (time == WallTime::min()) return INT64_MIN;
  if (time == WallTime::max()) return INT64_MAX;
  return micros_of(time);
}

SqliteUse use_of(JournalFile::Access access) {
  const bool writes = access == JournalFile::Access::read_and_write;
  return {writes ? SqliteUse::Access::read_and_write : SqliteUse::Access::read, false, 5s,
          writes ? 512U : 4000U, true};
}

}  // namespace

JournalFile::JournalFile(const std::string& path, Access access)
    : database_(path, use_of(access)) {
  if (access == Access::read_and_write) make_tables();
  const auto version = database_.number("PRAGMA user_version");
  if (version > journal_version) fault_ = "a later version of Milterward made it";
  // Its tables and its version come in one transaction.
  if (version == 0 && access == Access::read) fault_ = "there is nothing in it yet";
  is_damaged_ = database_.is_damaged();
  if (auto fault = database_.take_fault(); !fault.empty()) fault_ = std::move(fault);
}

void JournalFile::make_tables() {
  database_.run("PRAGMA wal_autocheckpoint=500");
  database_.run("PRAGMA secure_delete=FAST");
  if (!database_.fault().empty() || database_.number("PRAGMA user_version") != 0) return;
  const auto made = in_transaction(database_, [&] {
    database_.run(
        "CREATE TABLE IF NOT EXISTS decision (number INTEGER PRIMARY KEY, at INTEGER NOT "
        "NULL, kind TEXT, id TEXT, queue_id TEXT, message_id TEXT, direction TEXT, reason "
        "TEXT, client TEXT, mail_from TEXT, login TEXT, domain TEXT, recipients TEXT, "
        "verdict TEXT, rule TEXT, mode TEXT, would TEXT, reply TEXT, want TEXT, facts "
        "TEXT, findings TEXT, because TEXT, dmarc TEXT, signed_with TEXT, sealed_as TEXT, "
        "latency INTEGER, names TEXT)");
    database_.run("CREATE INDEX IF NOT EXISTS decision_id ON decision (id)");
    database_.run("CREATE INDEX IF NOT EXISTS decision_queue_id ON decision (queue_id)");
    database_.run(
        "CREATE INDEX IF NOT EXISTS decision_message_id ON decision (message_id)");
    database_.run(
        "CREATE INDEX IF NOT EXISTS decision_at ON decision (at, kind, direction, verdict, "
        "would, rule, domain, client)");
    database_.run("PRAGMA user_version = 1");
  });
  if (!made) fault_ = made.fault();
}

/// The answer, unless something failed on the way to it.
template <class Answer>
Result<Answer, std::string> JournalFile::answer(Answer answer) {
  if (database_.fault().empty()) return answer;
  is_damaged_ = database_.is_damaged();
  return Unexpected{database_.take_fault()};
}

template <class Work>
Result<bool, std::string> JournalFile::change(Work work) {
  auto done = in_transaction(database_, work);
  is_damaged_ = !done && database_.is_damaged();
  return done;
}

Result<bool, std::string> JournalFile::add(std::span<const JournalEntry> entries) {
  return change([&] {
    SqliteStatement put{
        database_,
        fmt::format("INSERT INTO decision ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
                    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    columns)
            .c_str()};
    for (const auto& entry : entries) {
      bind(put, entry);
      put.next();
    }
  });
}

Result<std::size_t, std::string> JournalFile::forget_before(WallTime time) {
  std::int64_t gone = 0;
  const auto done = change([&] {
    SqliteStatement remove{database_,
                           "DELETE FROM decision WHERE number IN (SELECT number FROM "
                           "decision WHERE at < ? ORDER BY at LIMIT ?)"};
    remove.bind(1, micros_of(time)).bind(2, removed_at_once).next();
    gone = database_.changes();
  });
  if (!done) return Unexpected{done.fault()};
  return static_cast<std::size_t>(gone);
}

Result<std::size_t, std::string> JournalFile::trim_to(std::size_t octets) {
  std::int64_t gone = 0;
  const auto page = std::max<std::int64_t>(database_.number("PRAGMA page_size"), 512);
  const auto most = static_cast<std::int64_t>(octets) / page;
  const auto pages = [&] { return database_.number("PRAGMA page_count"); };
  const auto in_use = [&] { return pages() - database_.number("PRAGMA freelist_count"); };
  while (database_.fault().empty() && in_use() > most) {
    const auto done = change([&] {
      SqliteStatement remove{database_,
                             "DELETE FROM decision WHERE number IN (SELECT number FROM "
                             "decision ORDER BY number LIMIT ?)"};
      // A tenth of what there is, so that small files keep most of theirs.
      const auto rows = database_.number("SELECT max(number) - min(number) FROM decision");
      remove.bind(1, std::clamp<std::int64_t>(rows / 10, 1, removed_at_once)).next();
      gone += database_.changes();
    });
    if (!done) return Unexpected{done.fault()};
    if (database_.number("SELECT count(*) FROM (SELECT 1 FROM decision LIMIT 1)") == 0)
      break;
  }
  if (database_.fault().empty() && pages() > most)
    database_.run("PRAGMA incremental_vacuum");
  return answer(static_cast<std::size_t>(gone));
}

Result<std::size_t, std::string> JournalFile::erase(const std::vector<std::string>& names) {
  std::int64_t gone = 0;
  database_.run("PRAGMA secure_delete=ON");
  const auto done = change([&] {
    SqliteStatement remove{
        database_, "DELETE FROM decision WHERE instr(names, char(10)||?||char(10))"};
    for (const auto& name : names) {
      remove.bind(1, to_lower(name)).next();
      gone += database_.changes();
    }
  });
  if (!done) return Unexpected{done.fault()};
  // What was written before still stands in the journal of the file.
  database_.run("PRAGMA wal_checkpoint(TRUNCATE)");
  return answer(static_cast<std::size_t>(gone));
}

Result<std::vector<JournalEntry>, std::string> JournalFile::named(std::string_view name,
                                                                  std::size_t most) {
  std::vector<JournalEntry> entries;
  if (name.empty()) return entries;  // many have none
  SqliteStatement rows{
      database_,
      fmt::format("SELECT {} FROM decision WHERE id IN (SELECT id FROM decision WHERE "
                  "queue_id = ?1 OR id = ?1 OR message_id IN (?1, '<'||?1||'>')) ORDER BY "
                  "at, number LIMIT ?2",
                  columns)
          .c_str()};
  rows.bind(1, name).bind(2, most == 0 ? -1 : static_cast<std::int64_t>(most));
  while (rows.next()) entries.push_back(entry_of(rows));
  return answer(std::move(entries));
}

Result<std::size_t, std::string> JournalFile::search(
    const JournalQuery& query, const std::function<void(const JournalEntry&)>& take) {
  const auto where = condition_of(query);
  // The newest of them, in the order of time.
  SqliteStatement rows{
      database_,
      fmt::format("SELECT {0} FROM (SELECT * FROM decision WHERE {1} AND at >= ? AND at < "
                  "? ORDER BY at DESC, number DESC LIMIT ?) ORDER BY at, number",
                  columns, where.sql)
          .c_str()};
  int next = 0;
  for (const auto& value : where.values) rows.bind(++next, std::string_view{value});
  rows.bind(++next, bound_of(query.since));
  rows.bind(++next, bound_of(query.until));
  rows.bind(++next, query.most == 0 ? -1 : static_cast<std::int64_t>(query.most));
  std::size_t count = 0;
  for (; rows.next(); ++count) take(entry_of(rows));
  return answer(count);
}

WallTime JournalFile::oldest(WallTime now) {
  SqliteStatement first{database_, "SELECT at FROM decision ORDER BY at LIMIT 1"};
  const auto found = first.next() ? time_of(first.integer(0)) : now;
  is_damaged_ = database_.is_damaged();
  database_.take_fault();
  return found;
}

}  // namespace milterward::backends
