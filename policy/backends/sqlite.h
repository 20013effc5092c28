// SPDX-License-Identifier: Apache-2.0
// A SQLite database, used by one thread at a time. A failure is remembered, and what
// follows does nothing until the transaction ends: any statement may meet a full disk or a
// damaged file, and nothing but giving up the whole transaction answers that.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "policy/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace milterward::backends {

struct SqliteUse {
  enum class Access { read_and_write, read };
  Access access = Access::read_and_write;
  /// At each commit; else only when the journal is moved into the database, so that a
  /// power failure may take the last transactions, never the database.
  bool syncs_each_commit = true;
  std::chrono::milliseconds patience{0};  // with other processes that hold it
  std::size_t cache_kib = 2000;
  bool can_shrink = false;  // by "PRAGMA incremental_vacuum"; heeded when it is made
};

/// Makes the file of a database where there is none, so that it has this mode; SQLite gives
/// it to the files beside. "", or why not. One that is there is not even opened: to close
/// any descriptor of a file drops all locks that this process holds on it, and another
/// program would then take away the log that is being written.
std::string make_database_file(const std::string& path, unsigned mode);

class SqliteDatabase {
 public:
  /// Opens or makes it. The journal is written ahead (WAL).
  explicit SqliteDatabase(const std::string& path, const SqliteUse& use = {});

  void run(const char* sql);
  /// The first column of the first row; 0 when there is none.
  std::int64_t number(const char* sql);

  /// Why something failed since the last `take_fault`; "" when nothing did.
  const std::string& fault() const noexcept { return fault_; }
  std::string take_fault();
  /// What the fault says is that the file is none of ours, or broken.
  bool is_damaged() const noexcept { return is_damaged_; }
  /// Rows that the last statement inserted, changed or removed.
  std::int64_t changes() const;

 private:
  friend class SqliteStatement;
  void check(int code);

  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> database_;
  std::string fault_;
  bool is_damaged_ = false;
};

class SqliteStatement {
 public:
  SqliteStatement(SqliteDatabase& database, const char* sql);

  /// Parameters are numbered from 1, columns from 0.
  SqliteStatement& bind(int parameter, std::int64_t value);
  SqliteStatement& bind(int parameter, std::string_view value);
  /// Is there a row? At the end the statement is ready to be bound and run again.
  bool next();
  std::int64_t integer(int column) const;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  SqliteDatabase& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Begins a transaction, lets `work()` run its statements, and commits; or rolls all back
/// and says why.
template <class Work>
Result<bool, std::string> in_transaction(SqliteDatabase& database, Work work) {
  database.run("BEGIN IMMEDIATE");
  if (database.fault().empty()) work();
  if (database.fault().empty()) database.run("COMMIT");
  if (database.fault().empty()) return true;
  auto fault = database.take_fault();
  database.run("ROLLBACK");
  database.take_fault();  // SQLite may have rolled back by itself
  return Unexpected{std::move(fault)};
}

}  // namespace milterward::backends
