// SPDX-License-Identifier: Apache-2.0
// The journal as a file of SQLite. One table, `decision`, one row a decision; its columns
// are the members of ports::JournalEntry, but for
//
//   number      counts up; the order in which they were written
//   at          microseconds since 1970
//   recipients  one a line, and so are `findings`
//   names       likewise, with a line end before the first and behind the last, so that
//               "\nann@example.org\n" occurs where she does
//
// An index over what charts and lists are made of lets those leave the facts alone. Rows of
// the journal's size are written by thousands at once, so the file is not synced at each
// commit: a power failure may take the last seconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/backends/sqlite.h"
#include "policy/ports/journal.h"

namespace milterward::backends {

/// Used by one thread. Faults are what SQLite says.
class JournalFile {
 public:
  enum class Access { read_and_write, read };

  /// Makes the file unless it is only to be read. Whether that worked says `fault()`.
  JournalFile(const std::string& path, Access access);

  const std::string& fault() const noexcept { return fault_; }
  /// The last fault says that the file is no database, or a damaged one.
  bool is_damaged() const noexcept { return is_damaged_; }

  Result<bool, std::string> add(std::span<const ports::JournalEntry> entries);
  /// Removes some of those that are older; how many.
  Result<std::size_t, std::string> forget_before(WallTime time);
  /// Removes the oldest until the rest needs no more than so many octets; how many.
  Result<std::size_t, std::string> trim_to(std::size_t octets);
  Result<std::size_t, std::string> erase(const std::vector<std::string>& names);

  /// The first `most` of them; 0 for all.
  Result<std::vector<ports::JournalEntry>, std::string> named(std::string_view name,
                                                              std::size_t most = 0);
  Result<std::size_t, std::string> search(
      const ports::JournalQuery& query,
      const std::function<void(const ports::JournalEntry&)>& take);
  /// When the first one was made that is left; none are: `now`.
  WallTime oldest(WallTime now);

 private:
  void make_tables();
  template <class Answer>
  Result<Answer, std::string> answer(Answer answer);
  template <class Work>
  Result<bool, std::string> change(Work work);

  SqliteDatabase database_;
  std::string fault_;
  bool is_damaged_ = false;
};

}  // namespace milterward::backends
