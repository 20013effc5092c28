// SPDX-License-Identifier: Apache-2.0
// Reports as a file of SQLite. Times are seconds since 1970, lists one item a line.
//
//   identity   name                       of this file, made with it
//   open       number, begins, ends, domain, policy, rua, parts
//   counted    open, row, count           rows of what is open
//   report     id, domain, begins, ends, made, messages, xml
//   delivery   number, report, mark, destination, state, tries, next_try, claimed_until,
//              settled, reason
//   suppressed destination, until, reason
//
// Each commit is on the disk before it is answered: what was recorded as sent stays so.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "policy/backends/sqlite.h"
#include "policy/ports/report_points.h"
#include "policy/ports/report_rows.h"
#include "policy/ports/report_store.h"

namespace milterward::backends {

/// Used by one thread.
class ReportFile final : public ports::ReportStore {
 public:
  enum class Access { read_and_write, read };

  /// Makes the file unless it is only to be read. Whether that worked says `fault()`.
  ReportFile(const std::string& path, Access access);

  const std::string& fault() const noexcept { return fault_; }
  /// Calls it at each point from here on.
  void watch(ports::AtReportPoint at) { at_ = std::move(at); }

  /// Counts them; how many did not fit into `octets`. A period lasts `every`.
  ports::Stored<std::size_t> add(std::span<const ports::ReportEntry> entries,
                                 std::chrono::seconds every, std::size_t octets);

  /// Marks the delivery as failed, and suppresses its destination; which that is, "" where
  /// nothing that was sent has this mark.
  ports::Stored<std::string> note_returned(const std::string& mark,
                                           std::chrono::seconds now,
                                           std::chrono::seconds until);

  const std::string& name() const noexcept override { return name_; }
  ports::Stored<std::vector<ports::OpenReport>> ended_at(std::chrono::seconds time,
                                                         std::size_t most) override;
  ports::Stored<std::vector<ports::CountedText>> rows_of(const ports::OpenReport& open,
                                                         std::size_t most) override;
  ports::Stored<bool> close(const ports::OpenReport& open,
                            const ports::MadeReport& made) override;
  ports::Stored<std::optional<ports::Delivery>> claim(std::chrono::seconds now,
                                                      std::chrono::seconds until) override;
  ports::Stored<bool> settle(const ports::Delivery& delivery,
                             std::chrono::seconds now) override;
  ports::Stored<std::size_t> sent_since(const std::string& destination,
                                        std::chrono::seconds time) override;
  ports::Stored<bool> suppress(const std::string& destination, std::chrono::seconds until,
                               const std::string& reason) override;
  ports::Stored<bool> is_suppressed(const std::string& destination,
                                    std::chrono::seconds now) override;
  ports::Stored<bool> hurry(std::chrono::seconds now) override;
  ports::Stored<std::size_t> forget_before(std::chrono::seconds time) override;
  ports::Stored<std::vector<ports::Delivery>> deliveries(std::size_t most) override;

 private:
  void make_tables();
  void add(const ports::ReportEntry& entry, std::chrono::seconds every);
  bool still_counts(const ports::OpenReport& open, const ports::MadeReport& made);
  template <class Answer>
  ports::Stored<Answer> answer(Answer answer);

  void reach(ports::ReportPoint point) const { ports::pass(at_, point); }

  SqliteDatabase database_;
  std::string fault_;
  std::string name_;
  ports::AtReportPoint at_;
};

}  // namespace milterward::backends
