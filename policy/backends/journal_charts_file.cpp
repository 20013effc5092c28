// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/journal_charts_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "policy/backends/journal_file.h"
#include "policy/backends/sqlite.h"
#include "policy/backends/sqlite_journal.h"
#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::JournalColumn;
using ports::JournalOrder;
using ports::JournalRank;
using ports::JournalSlice;

std::int64_t micros_since_1970(WallTime time) {
  using std::chrono::microseconds;
  return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}

const char* column_name(JournalColumn column) {
  switch (column) {
    case JournalColumn::domain:
      return "domain";
    case JournalColumn::client:
      return "client";
    case JournalColumn::rule:
      return "rule";
  }
  unreachable();
}

class ChartsFile final : public ports::JournalCharts {
 public:
  explicit ChartsFile(const std::string& path)
      : path_(path),
        file_(path, JournalFile::Access::read),
        database_(path, {SqliteUse::Access::read, false, 1s, /*cache_kib=*/4000, true}) {}

  Result<std::vector<JournalSlice>, std::string> slices(
      WallTime since, std::chrono::seconds width) override {
    SqliteStatement rows{
        database_,
        "SELECT (at - ?1) / ?2, verdict, count(*) FROM (SELECT at, kind, verdict FROM "
        "decision WHERE at >= ?1 ORDER BY at DESC LIMIT ?3) WHERE kind = 'message' GROUP "
        "BY 1, 2 ORDER BY 1, 2"};
    rows.bind(1, micros_since_1970(since))
        .bind(2, std::chrono::microseconds{std::max(width, 1s)}.count())
        .bind(3, static_cast<std::int64_t>(reach));
    std::vector<JournalSlice> found;
    while (rows.next())
      found.push_back({static_cast<std::size_t>(rows.integer(0)), rows.text(1),
                       static_cast<std::uint64_t>(rows.integer(2))});
    return answer(std::move(found));
  }

  Result<std::vector<JournalRank>, std::string> ranks(JournalColumn column,
                                                      JournalOrder order, WallTime since,
                                                      std::size_t most) override {
    const bool by_refused = order == JournalOrder::most_refused;
    SqliteStatement rows{
        database_,
        fmt::format("SELECT {0}, count(*), sum(verdict IN ('reject', 'defer')) FROM "
                    "(SELECT {0}, verdict FROM decision WHERE at >= ?1 ORDER BY at DESC "
                    "LIMIT ?2) WHERE {0} <> '' GROUP BY 1 HAVING sum(verdict IN "
                    "('reject', 'defer')) >= ?3 ORDER BY {1} DESC, 1 LIMIT ?4",
                    column_name(column), by_refused ? 3 : 2)
            .c_str()};
    rows.bind(1, micros_since_1970(since))
        .bind(2, static_cast<std::int64_t>(reach))
        .bind(3, std::int64_t{by_refused ? 1 : 0})
        .bind(4, static_cast<std::int64_t>(most));
    std::vector<JournalRank> found;
    while (rows.next())
      found.push_back({rows.text(0), static_cast<std::uint64_t>(rows.integer(1)),
                       static_cast<std::uint64_t>(rows.integer(2))});
    return answer(std::move(found));
  }

  Result<std::vector<ports::JournalEntry>, std::string> named(std::string_view name,
                                                              std::size_t most) override {
    auto found = file_.named(name, most);
    if (!found) return Unexpected{about(found.fault())};
    return found;
  }

 private:
  std::string about(const std::string& fault) const {
    return fmt::format("the journal {}: {}", path_, fault);
  }
  template <class Answer>
  Result<Answer, std::string> answer(Answer found) {
    if (database_.fault().empty()) return found;
    return Unexpected{about(database_.take_fault())};
  }

  const std::string path_;
  JournalFile file_;
  SqliteDatabase database_;
};

}  // namespace

Result<std::unique_ptr<ports::JournalCharts>, std::string> open_journal_charts(
    const std::string& path) {
  // Knows the format, and says what is wrong with a file that cannot be read.
  if (const auto known = open_journal_to_read(path); !known)
    return Unexpected{known.fault()};
  return std::unique_ptr<ports::JournalCharts>{std::make_unique<ChartsFile>(path)};
}

}  // namespace milterward::backends
