// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "policy/backends/file_descriptor.h"

namespace milterward::backends {

std::string make_database_file(const std::string& path, unsigned mode) {
  const FileDescriptor file{::open(
      path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, mode)};
  return file || errno == EEXIST ? "" : std::strerror(errno);
}

void SqliteDatabase::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

SqliteDatabase::SqliteDatabase(const std::string& path, const SqliteUse& use) {
  const bool writes = use.access == SqliteUse::Access::read_and_write;
  const int access =
      writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database, access | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);  // made even when opening fails
  check(code);
  if (!fault_.empty()) return;
  sqlite3_busy_timeout(database, static_cast<int>(use.patience.count()));
  run(fmt::format("PRAGMA cache_size=-{}", use.cache_kib).c_str());
  if (!writes) return;
  if (use.can_shrink) run("PRAGMA auto_vacuum=INCREMENTAL");
  run("PRAGMA journal_mode=WAL");
  run(use.syncs_each_commit ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

void SqliteDatabase::run(const char* sql) {
  if (!fault_.empty()) return;
  check(sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

std::int64_t SqliteDatabase::number(const char* sql) {
  SqliteStatement statement{*this, sql};
  return statement.next() ? statement.integer(0) : 0;
}

std::string SqliteDatabase::take_fault() { return std::exchange(fault_, ""); }

std::int64_t SqliteDatabase::changes() const { return sqlite3_changes64(database_.get()); }

void SqliteDatabase::check(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  if (!fault_.empty()) return;
  is_damaged_ = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  fault_ = database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(code);
}

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

SqliteStatement::SqliteStatement(SqliteDatabase& database, const char* sql)
    : database_(database) {
  if (!database_.fault().empty()) return;
  sqlite3_stmt* statement = nullptr;
  database_.check(
      sqlite3_prepare_v2(database_.database_.get(), sql, -1, &statement, nullptr));
  statement_.reset(statement);
}

SqliteStatement& SqliteStatement::bind(int parameter, std::int64_t value) {
  if (database_.fault().empty())
    database_.check(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view value) {
  if (database_.fault().empty())
    database_.check(sqlite3_bind_text64(statement_.get(), parameter, value.data(),
                                        value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

bool SqliteStatement::next() {
  if (!database_.fault().empty()) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  database_.check(code);
  sqlite3_reset(statement_.get());
  return false;
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  const auto size =
      static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text == nullptr ? std::string{}
                         : std::string{reinterpret_cast<const char*>(text), size};
}

}  // namespace milterward::backends
