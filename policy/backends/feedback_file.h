// SPDX-License-Identifier: Apache-2.0
// Reports as a file of SQLite. `report` has a row for each, known by its kind,
// organisation, report id, domain and beginning; times are seconds since 1970, `counts` is
// 0 or 1. Of a DMARC report each row is one of `aggregate_row`:
//
//   source       an address
//   count, disposition, header_from, dkim, spf    as in ports::AggregateRow
//   excused      1 where the receiver took the messages for forwarded or a list's
//   passed_as    the first domain that was proved, aligned or not
//   dkim_failed, spf_failed    the first result of the author's domain that was no pass
//
// Of a TLS report each policy is a row of `tls_policy`, each kind of failure one of
// `tls_failure`. Everything a report says beside that is not kept. Of a report that does
// not count none of these is, but its first TLS policy, with sums of 0.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/backends/sqlite.h"
#include "policy/ports/feedback_store.h"

namespace milterward::backends {

/// Used by one thread. Faults are what SQLite says.
class FeedbackFile {
 public:
  enum class Access { read_and_write, read };

  /// Makes the tables unless it is only to be read. Whether that worked says `fault()`.
  FeedbackFile(const std::string& path, Access access);

  const std::string& fault() const noexcept { return fault_; }
  /// The last fault says that the file is no database, or a damaged one.
  bool is_damaged() const noexcept { return is_damaged_; }

  Result<ports::Kept, std::string> add(const ports::FeedbackReport& report,
                                       const ports::FeedbackOrigin& origin);
  Result<std::size_t, std::string> forget_before(WallTime time);
  /// Removes what does not count, then those that ended first, until the rest needs no more
  /// than so many octets.
  Result<std::size_t, std::string> trim_to(std::size_t octets);

  SqliteDatabase& database() noexcept { return database_; }

 private:
  void make_tables();
  template <class Work>
  Result<bool, std::string> change(Work work);
  Result<std::size_t, std::string> forget(const char* which, std::int64_t value);

  SqliteDatabase database_;
  std::string fault_;
  bool is_damaged_ = false;
};

}  // namespace milterward::backends
