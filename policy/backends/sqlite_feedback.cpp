// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sqlite_feedback.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "policy/backends/sqlite.h"
#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

constexpr unsigned feedback_mode = 0640;  // who sends as whom stands in it

/// FILE.damaged, where one is kept; "" where it could not be moved.
std::string move_aside(const std::string& path) {
  auto aside = path + ".damaged";
  if (std::rename(path.c_str(), aside.c_str()) != 0) return {};
  // They belong to the pages of the old one.
  for (const auto* ending : {"-wal", "-shm"}) ::unlink((path + ending).c_str());
  return aside;
}

}  // namespace

std::string SqliteFeedback::open() {
  if (file_ && file_->fault().empty()) return {};
  if (const auto fault = make_database_file(path_, feedback_mode); !fault.empty())
    return fmt::format(
        "it cannot be made: {}; its directory must exist and belong to the daemon's user",
        fault);
  file_.emplace(path_, FeedbackFile::Access::read_and_write);
  return file_->fault();
}

/// What `work(file)` answers; once more with a new file where the old one is damaged.
template <class Answer, class Work>
Result<Answer, std::string> SqliteFeedback::with_file(Work work) {
  for (bool is_second = false;; is_second = true) {
    auto fault = open();
    if (fault.empty()) {
      auto answer = work(*file_);
      if (answer) return answer;
      fault = answer.fault();
    }
    const bool is_damaged = file_ && file_->is_damaged();
    file_.reset();  // so that another disk, or another directory, is found
    const auto aside = is_damaged && !is_second ? move_aside(path_) : std::string{};
    if (aside.empty())
      return Unexpected{fmt::format("the reports in {}: {}", path_, fault)};
    log_event(Event::feedback_damaged,
              {{"file", path_}, {"reason", fault}, {"moved_to", aside}});
  }
}

Result<ports::Kept, std::string> SqliteFeedback::add(const ports::FeedbackReport& report,
                                                     const ports::FeedbackOrigin& origin) {
  return with_file<ports::Kept>(
      [&](FeedbackFile& file) { return file.add(report, origin); });
}

Result<std::size_t, std::string> SqliteFeedback::tidy(WallTime oldest, std::size_t octets) {
  return with_file<std::size_t>(
      [&](FeedbackFile& file) -> Result<std::size_t, std::string> {
        std::size_t all_gone = 0;
        for (;;) {
          const auto gone = file.forget_before(oldest);
          if (!gone) return gone;
          all_gone += *gone;
          if (*gone == 0) break;
        }
        auto trimmed = file.trim_to(octets);
        if (!trimmed) return trimmed;
        return all_gone + *trimmed;
      });
}

}  // namespace milterward::backends
