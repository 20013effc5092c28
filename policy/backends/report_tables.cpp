// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/report_tables.h"

#include <fmt/format.h>

#include <random>

namespace milterward::backends {
namespace {

void make_version_1(SqliteDatabase& database) {
  database.run("CREATE TABLE identity (name TEXT NOT NULL)");
  SqliteStatement name{database, "INSERT INTO identity VALUES (?)"};
  name.bind(1, std::string_view{new_report_name()}).next();
  database.run(
      "CREATE TABLE open (number INTEGER PRIMARY KEY AUTOINCREMENT, begins INTEGER NOT "
      "NULL, ends INTEGER NOT NULL, domain TEXT NOT NULL, policy TEXT NOT NULL, rua TEXT "
      "NOT NULL, parts INTEGER NOT NULL DEFAULT 0, UNIQUE (begins, domain, policy))");
  database.run(
      "CREATE TABLE counted (open INTEGER NOT NULL, row TEXT NOT NULL, count INTEGER NOT "
      "NULL, PRIMARY KEY (open, row)) WITHOUT ROWID");
  database.run(
      "CREATE TABLE report (id TEXT PRIMARY KEY, domain TEXT NOT NULL, begins INTEGER "
      "NOT NULL, ends INTEGER NOT NULL, made INTEGER NOT NULL, messages INTEGER NOT "
      "NULL, xml TEXT NOT NULL)");
  database.run(
      "CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, report TEXT NOT "
      "NULL, mark TEXT UNIQUE NOT NULL, destination TEXT NOT NULL, state TEXT NOT NULL, "
      "tries INTEGER NOT NULL "
      "DEFAULT 0, next_try INTEGER NOT NULL, claimed_until INTEGER NOT NULL DEFAULT 0, "
      "settled INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '')");
  database.run("CREATE INDEX delivery_due ON delivery (state, next_try)");
  database.run("CREATE INDEX delivery_to ON delivery (destination, state, settled)");
  database.run("CREATE INDEX delivery_of ON delivery (report)");
  database.run(
      "CREATE TABLE suppressed (destination TEXT PRIMARY KEY, until INTEGER NOT NULL, "
      "reason TEXT NOT NULL)");
}

void make_version_2(SqliteDatabase& database) {
  database.run("ALTER TABLE open RENAME COLUMN rua TO uris");
  database.run("ALTER TABLE open ADD COLUMN kind TEXT NOT NULL DEFAULT 'aggregate'");
  database.run("ALTER TABLE report RENAME COLUMN xml TO text");
  database.run("ALTER TABLE report ADD COLUMN kind TEXT NOT NULL DEFAULT 'aggregate'");
  database.run("CREATE TABLE example (open INTEGER PRIMARY KEY, text TEXT NOT NULL)");
  database.run("CREATE INDEX report_about ON report (domain, kind, made)");
}

/// SQLite changes no constraint: the table is made anew. Numbers go on where they were,
/// since they stand in the ids of reports.
void make_version_3(SqliteDatabase& database) {
  database.run("ALTER TABLE open RENAME TO former_open");
  database.run(
      "CREATE TABLE open (number INTEGER PRIMARY KEY AUTOINCREMENT, begins INTEGER NOT "
      "NULL, ends INTEGER NOT NULL, domain TEXT NOT NULL, policy TEXT NOT NULL, uris TEXT "
      "NOT NULL, parts INTEGER NOT NULL DEFAULT 0, kind TEXT NOT NULL DEFAULT "
      "'aggregate', row_count INTEGER NOT NULL DEFAULT 0, seal INTEGER NOT NULL DEFAULT 0, "
      "sealed_at INTEGER NOT NULL DEFAULT 0, is_offered INTEGER NOT NULL DEFAULT 0, "
      "is_alone INTEGER NOT NULL DEFAULT 0, UNIQUE (begins, domain, policy, seal))");
  database.run(
      "INSERT INTO open (number, begins, ends, domain, policy, uris, parts, kind, "
      "row_count) SELECT number, begins, ends, domain, policy, uris, parts, kind, (SELECT "
      "count(*) FROM counted WHERE open = number) FROM former_open");
  database.run("DELETE FROM sqlite_sequence WHERE name = 'open'");
  database.run(
      "INSERT INTO sqlite_sequence SELECT 'open', seq FROM sqlite_sequence WHERE name = "
      "'former_open'");
  database.run("DROP TABLE former_open");
  database.run("CREATE TABLE seal (number INTEGER PRIMARY KEY AUTOINCREMENT)");
  database.run("CREATE TABLE returned (mark TEXT PRIMARY KEY) WITHOUT ROWID");
}

/// What failure reports take, with an allowance for all that belongs to one, is summed up
/// as it comes and goes: to ask each time would read all of it.
void watch_failure_size(SqliteDatabase& database) {
  database.run("CREATE TABLE failure_size (octets INTEGER NOT NULL)");
  database.run(
      "INSERT INTO failure_size SELECT (SELECT coalesce(sum(length(text) + 1000), 0) FROM "
      "example) + (SELECT coalesce(sum(length(text) + 1000), 0) FROM report WHERE kind = "
      "'failure')");
  for (const auto* trigger :
       {"example_comes AFTER INSERT ON example BEGIN UPDATE failure_size SET octets = "
        "octets + length(new.text) + 1000",
        "example_goes AFTER DELETE ON example BEGIN UPDATE failure_size SET octets = "
        "octets "
        "- length(old.text) - 1000",
        "failure_comes AFTER INSERT ON report WHEN new.kind = 'failure' BEGIN UPDATE "
        "failure_size SET octets = octets + length(new.text) + 1000",
        "failure_changes AFTER UPDATE OF text ON report WHEN new.kind = 'failure' BEGIN "
        "UPDATE failure_size SET octets = octets + length(new.text) - length(old.text)",
        "failure_goes AFTER DELETE ON report WHEN old.kind = 'failure' BEGIN UPDATE "
        "failure_size SET octets = octets - length(old.text) - 1000"})
    database.run(fmt::format("CREATE TRIGGER {}; END", trigger).c_str());
}

/// Of an address in several letter cases, what holds longest. SQLite takes the reason from
/// the row of the maximum.
void write_suppressed_small(SqliteDatabase& database) {
  database.run(
      "CREATE TABLE small AS SELECT lower(destination) AS destination, max(until) AS "
      "until, "
      "reason FROM suppressed GROUP BY lower(destination)");
  database.run("DELETE FROM suppressed");
  database.run("INSERT INTO suppressed SELECT destination, until, reason FROM small");
  database.run("DROP TABLE small");
}

/// Who was sent what counts by the address that mail went to, and by its host.
void make_version_4(SqliteDatabase& database) {
  database.run(
      "CREATE TABLE sent (name TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, "
      "delivery INTEGER NOT NULL)");
  database.run("CREATE INDEX sent_to ON sent (name, kind, at)");
  database.run("CREATE INDEX sent_of ON sent (delivery)");
  for (const auto* name :
       {"lower(destination)", "lower(substr(destination, instr(destination, '@')))"}) {
    const auto sent = fmt::format(
        "INSERT INTO sent SELECT {}, kind, settled, number FROM delivery JOIN report ON "
        "report.id = delivery.report WHERE state = 'sent'",
        name);
    database.run(sent.c_str());
  }
  database.run("DROP INDEX IF EXISTS delivery_to");
  database.run("CREATE INDEX delivery_for ON delivery (lower(destination))");
  database.run(
      "CREATE INDEX delivery_at ON delivery (lower(substr(destination, "
      "instr(destination, '@'))))");
  write_suppressed_small(database);
  database.run("ALTER TABLE open ADD COLUMN batch TEXT NOT NULL DEFAULT ''");
  watch_failure_size(database);
}

}  // namespace

ports::ReportKind report_kind_of(const std::string& text) {
  using ports::ReportKind;
  return text == to_text(ReportKind::failure) ? ReportKind::failure : ReportKind::aggregate;
}

std::string new_report_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::string make_report_tables(SqliteDatabase& database) {
  if (!database.fault().empty()) return {};  // the caller sees it
  if (database.number("PRAGMA user_version") >= report_version) return {};
  const auto made = in_transaction(database, [&] {
    const auto version = database.number("PRAGMA user_version");  // another was first
    if (version < 1) make_version_1(database);
    if (version < 2) make_version_2(database);
    if (version < 3) make_version_3(database);
    if (version < 4) make_version_4(database);
    const auto now = fmt::format("PRAGMA user_version = {}", report_version);
    if (version < report_version) database.run(now.c_str());
  });
  return made ? "" : made.fault();
}

}  // namespace milterward::backends
