// SPDX-License-Identifier: Apache-2.0
// Reports as a file of SQLite. Times are seconds since 1970, lists one item a line.
//
//   identity   name                       of this file, made with it
//   open       number, begins, ends, domain, policy, uris, parts, kind, row_count, seal,
//              sealed_at, is_offered, is_alone, batch
//              from "seal" on: policy/ports/report_outbox.h
//   counted    open, row, count           rows of what is open
//   example    open, text                 of an open failure report: its first message
//   report     id, domain, begins, ends, made, messages, text, kind
//   delivery   number, report, mark, destination, state, tries, next_try, claimed_until,
//              settled, reason
//   sent       name, kind, at, delivery   name: an address, or "@" and its host, in lower
//              case; one for each address that the mail of a delivery went to
//   suppressed destination, until, reason  in lower case
//   seal       number                     empty; remembers which was the last
//   returned   mark                       of reports that came back and are not of this
//                                         file
//   failure_size octets                   of failure reports; kept by triggers
//
// Version 1 had aggregate reports alone: no example and no kind, and was without names that
// fit both (rua, xml); version 2 knew of no other host; version 3 counted by what the
// record of a domain has for an address. It is brought up to date where it is opened to
// write.
//
// Each commit is on the disk before it is answered: what was recorded as sent stays so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/backends/sqlite.h"
#include "policy/ports/report_points.h"
#include "policy/ports/report_rows.h"
#include "policy/ports/report_store.h"

namespace milterward::backends {

/// Different rows of one domain and policy in one period. Whoever writes in its name from
/// everywhere would fill the file with it, and leave no room for others: of more, only
/// messages that fit a row which is there are counted.
inline constexpr std::int64_t most_rows_of_a_period = 50'000;

/// Failure reports get no more than one part in so many of the file, about: what strangers
/// can make as much of as they like is not to keep aggregate reports out.
inline constexpr std::int64_t failure_part_of_file = 4;

/// Used by one thread.
class ReportFile final : public ports::ReportStore {
 public:
  enum class Access { read_and_write, read };

  /// Makes the file unless it is only to be read. Whether that worked says `fault()`.
  ReportFile(const std::string& path, Access access);

  const std::string& fault() const noexcept { return fault_; }
  /// Calls it at each point from here on.
  void watch(ports::AtReportPoint at) { at_ = std::move(at); }

  /// How much there is room for, and how long periods last.
  struct Room {
    std::size_t octets;  // of the file
    std::chrono::seconds every;
    std::chrono::seconds failures_every;
    std::size_t failures;  // incidents of one domain that are open at once
  };
  struct LeftOut {
    /// The file is full, its part for failures, or the period (most_rows_of_a_period).
    std::size_t entries = 0;
    std::map<std::string, std::size_t> failures;  // of a domain, beyond Room::failures
  };
  /// Counts them; what did not fit.
  ports::Stored<LeftOut> add(std::span<const ports::ReportEntry> entries, const Room& room);

  /// Marks the delivery as failed, and suppresses the addresses it went to; which those
  /// are, "" where nothing that was sent has this mark.
  ports::Stored<std::string> note_returned(const std::string& mark,
                                           std::chrono::seconds now,
                                           std::chrono::seconds until);

  /// Keeps a mark that was not found here, for whoever may have sent it.
  ports::Stored<bool> keep_returned(const std::string& mark);

  /// What is open under that number, if it still is.
  ports::Stored<std::optional<ports::OpenReport>> open_of(std::int64_t number);

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
  ports::Stored<std::size_t> sent_since(ports::ReportKind kind, const std::string& to,
                                        std::chrono::seconds time) override;
  ports::Stored<std::size_t> failures_about(const std::string& domain,
                                            std::chrono::seconds time) override;
  ports::Stored<std::size_t> failures_for(const std::string& destination,
                                          std::chrono::seconds time) override;
  ports::Stored<bool> suppress(const std::string& address, std::chrono::seconds until,
                               const std::string& reason) override;
  ports::Stored<bool> is_suppressed(const std::string& address,
                                    std::chrono::seconds now) override;
  ports::Stored<bool> hurry(std::chrono::seconds now) override;
  ports::Stored<std::size_t> forget_before(std::chrono::seconds time) override;
  ports::Stored<std::vector<ports::Delivery>> deliveries(std::size_t most) override;

 private:
  friend class ReportOutboxFile;  // another view of the same file

  void add(const ports::ReportEntry& entry, const Room& room, LeftOut& left_out);
  bool has_room_for_failure(const ports::ReportEntry& entry, std::chrono::seconds begin,
                            const Room& room, LeftOut& left_out);
  ports::Stored<std::size_t> counted(const char* sql, std::string_view name,
                                     std::chrono::seconds time, ports::ReportKind kind);
  bool still_counts(const ports::OpenReport& open, const ports::MadeReport& made);
  /// The answer, unless something failed on the way to it.
  template <class Answer>
  ports::Stored<Answer> answer(Answer answer) {
    if (database_.fault().empty()) return answer;
    fault_ = database_.take_fault();
    return Unexpected{fault_};
  }

  void reach(ports::ReportPoint point) const { ports::pass(at_, point); }

  SqliteDatabase database_;
  std::string fault_;
  std::string name_;
  ports::AtReportPoint at_;
};

}  // namespace milterward::backends
