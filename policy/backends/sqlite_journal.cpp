// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/sqlite_journal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;

constexpr unsigned journal_mode = 0640;  // who writes to whom stands in it

/// What comes within it is written in one transaction.
constexpr auto gathering = 200ms;
/// Written at once, without waiting for more, and in words at a time.
constexpr std::size_t batch = 500;
/// After a failure nothing is tried for so long.
constexpr auto before_retry = 5s;
constexpr auto between_tidyings = 10min;

std::string make_journal_file(const std::string& path) {
  const auto fault = make_database_file(path, journal_mode);
  if (fault.empty()) return {};
  return fmt::format(
      "it cannot be opened: {}; its directory must exist and belong to the daemon's user",
      fault);
}

/// Has `pause` passed since? Then it begins anew.
bool is_due(std::optional<SteadyTime>& since, SteadyTime now, SteadyTime::duration pause) {
  if (since && now - *since < pause) return false;
  since = now;
  return true;
}

}  // namespace

SqliteJournal::SqliteJournal(conf::JournalSettings settings,
                             std::shared_ptr<const Clock> clock,
                             std::shared_ptr<ports::Metrics> metrics, std::size_t room)
    : settings_(std::move(settings)),
      clock_(std::move(clock)),
      metrics_(std::move(metrics)),
      queue_("journal", {room, batch, gathering, between_tidyings},
             [this](const Drafts& drafts, std::size_t dropped) { take(drafts, dropped); }) {
}

void SqliteJournal::note(std::unique_ptr<const ports::JournalDraft> draft) noexcept {
  if (!queue_.put(std::move(draft)) && metrics_) metrics_->journal_missed(1);
}

void SqliteJournal::take(const Drafts& drafts, std::size_t dropped) {
  // At the start, and as long as it cannot be had, which is told of at once.
  if (drafts.empty() && !file_) return write(std::span<const ports::JournalEntry>{});
  write(drafts);
  tell_dropped(dropped);
  tidy();
}

void SqliteJournal::write(const Drafts& drafts) {
  std::vector<ports::JournalEntry> entries;
  for (const auto& draft : drafts) {
    entries.push_back(draft->write());
    if (entries.size() < batch) continue;
    write(entries);
    entries.clear();
  }
  if (!entries.empty()) write(entries);
}

void SqliteJournal::write(std::span<const ports::JournalEntry> entries) {
  if (is_failing_ && !is_due(retried_at_, clock_->now(), before_retry))
    return miss(entries.size());
  auto fault = try_to_write(entries);
  if (!fault.empty() && file_ && file_->is_damaged()) {
    move_aside(fault);
    fault = try_to_write(entries);
  }
  if (!fault.empty()) return fail(fault, entries.size());
  if (metrics_) metrics_->journal_wrote(entries.size());
  if (!std::exchange(is_failing_, false)) return;
  log_event(Event::journal_recovered,
            {{"file", settings_.file}, {"missed", std::to_string(missed_)}});
  missed_ = 0;
}

/// "", or why not.
std::string SqliteJournal::try_to_write(std::span<const ports::JournalEntry> entries) {
  if (auto fault = open(); !fault.empty()) return fault;
  const auto added = file_->add(entries);
  return added ? "" : added.fault();
}

std::string SqliteJournal::open() {
  if (file_ && file_->fault().empty()) return {};
  if (auto fault = make_journal_file(settings_.file); !fault.empty()) return fault;
  file_.emplace(settings_.file, JournalFile::Access::read_and_write);
  return file_->fault();
}

void SqliteJournal::move_aside(const std::string& reason) {
  file_.reset();
  const auto aside = settings_.file + ".damaged";
  if (std::rename(settings_.file.c_str(), aside.c_str()) != 0) return;
  // They belong to the pages of the old one.
  for (const auto* ending : {"-wal", "-shm"}) ::unlink((settings_.file + ending).c_str());
  log_event(Event::journal_damaged,
            {{"file", settings_.file}, {"reason", reason}, {"moved_to", aside}});
}

void SqliteJournal::miss(std::size_t entries) noexcept {
  missed_ += entries;
  if (metrics_) metrics_->journal_missed(entries);
}

void SqliteJournal::fail(const std::string& reason, std::size_t missed) {
  file_.reset();  // so that another disk, or another directory, is found
  miss(missed);
  retried_at_ = clock_->now();
  if (std::exchange(is_failing_, true)) return;
  log_event(Event::journal_failing, {{"file", settings_.file}, {"reason", reason}});
}

/// Forgets what is too old, and what is too much.
void SqliteJournal::tidy() {
  if (is_failing_ || !open().empty()) return;
  constexpr std::size_t megabyte = 1000 * 1000;
  if (is_due(tidied_at_, clock_->now(), between_tidyings))
    for (;;) {
      const auto gone = file_->forget_before(clock_->today() - settings_.keep);
      if (!gone) return fail(gone.fault(), 0);
      if (*gone == 0) break;
    }
  const auto gone = file_->trim_to(settings_.max_size * megabyte);
  if (!gone) return fail(gone.fault(), 0);
  if (*gone > 0) tell_trimmed();
}

void SqliteJournal::tell_trimmed() {
  if (!is_due(told_trimmed_at_, clock_->now(), 24h)) return;
  const auto age = clock_->today() - file_->oldest(clock_->today());
  log_event(
      Event::journal_trimmed,
      {{"file", settings_.file},
       {"oldest",
        fmt::format("{}h", std::chrono::duration_cast<std::chrono::hours>(age).count())}});
}

void SqliteJournal::tell_dropped(std::size_t dropped) {
  untold_ += dropped;
  if (untold_ == 0 || !is_due(told_dropped_at_, clock_->now(), 1min)) return;
  log_event(Event::journal_dropped, {{"file", settings_.file},
                                     {"count", std::to_string(std::exchange(untold_, 0))}});
}

namespace {

std::string about(const std::string& path, const std::string& fault) {
  return fmt::format("the journal {}: {}", path, fault);
}

/// "", or why there is nothing to open.
std::string why_not(const std::string& path, int access) {
  if (::access(path.c_str(), access) == 0) return {};
  if (errno == ENOENT)
    return about(path,
                 "there is none yet; the daemon makes it with the first decision that "
                 "it keeps");
  return about(path, std::strerror(errno));
}

class FileReader final : public ports::JournalReader {
 public:
  explicit FileReader(const std::string& path)
      : path_(path), file_(path, JournalFile::Access::read) {}

  const std::string& fault() const noexcept { return file_.fault(); }

  Result<std::vector<ports::JournalEntry>, std::string> named(
      std::string_view name) override {
    auto found = file_.named(name);
    if (!found) return Unexpected{about(path_, found.fault())};
    return found;
  }
  Result<std::size_t, std::string> search(
      const ports::JournalQuery& query,
      const std::function<void(const ports::JournalEntry&)>& take) override {
    auto found = file_.search(query, take);
    if (!found) return Unexpected{about(path_, found.fault())};
    return found;
  }

 private:
  const std::string path_;
  JournalFile file_;
};

class Eraser final : public ports::JournalEraser {
 public:
  explicit Eraser(const std::string& path)
      : path_(path), file_(path, JournalFile::Access::read_and_write) {}

  const std::string& fault() const noexcept { return file_.fault(); }

  Result<std::size_t, std::string> erase(const std::vector<std::string>& names) override {
    auto gone = file_.erase(names);
    if (!gone) return Unexpected{about(path_, gone.fault())};
    return gone;
  }

 private:
  const std::string path_;
  JournalFile file_;
};

template <class Port, class Tool>
Result<std::unique_ptr<Port>, std::string> open_tool(const std::string& path, int access) {
  if (auto fault = why_not(path, access); !fault.empty())
    return Unexpected{std::move(fault)};
  auto tool = std::make_unique<Tool>(path);
  if (!tool->fault().empty()) return Unexpected{about(path, tool->fault())};
  return std::unique_ptr<Port>{std::move(tool)};
}

}  // namespace

Result<std::unique_ptr<ports::JournalReader>, std::string> open_journal_to_read(
    const std::string& path) {
  return open_tool<ports::JournalReader, FileReader>(path, R_OK);
}

Result<std::unique_ptr<ports::JournalEraser>, std::string> open_journal_to_erase(
    const std::string& path) {
  return open_tool<ports::JournalEraser, Eraser>(path, R_OK | W_OK);
}

}  // namespace milterward::backends
