// SPDX-License-Identifier: Apache-2.0
// The journal of this host in SQLite. Drafts wait in a queue of fixed room for one thread,
// which puts them into words and writes them (draft_queue.h). When
// the disk is full, the file is held by somebody, or cannot be made, decisions are missed
// and counted; when it is damaged it is moved aside (FILE.damaged, one is kept) and begun
// anew. Nobody who decides about mail ever learns of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/settings/journal.h"
#include "policy/backends/draft_queue.h"
#include "policy/backends/journal_file.h"
#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/ports/journal.h"
#include "policy/ports/metrics.h"

namespace milterward::backends {

class SqliteJournal final : public ports::Journal {
 public:
  /// Starts the thread, which opens the file. So many drafts may wait: some seconds of a
  /// busy host's mail, and some MB.
  /// `metrics` may be null.
  SqliteJournal(conf::JournalSettings settings, std::shared_ptr<const Clock> clock,
                std::shared_ptr<ports::Metrics> metrics = nullptr, std::size_t room = 5000);
  void note(std::unique_ptr<const ports::JournalDraft> draft) noexcept override;

  const conf::JournalSettings& settings() const noexcept { return settings_; }

 private:
  using Drafts = DraftQueue<ports::JournalDraft>::Drafts;

  void take(const Drafts& drafts, std::size_t dropped);
  void write(const Drafts& drafts);
  void write(std::span<const ports::JournalEntry> entries);
  std::string try_to_write(std::span<const ports::JournalEntry> entries);
  std::string open();
  void move_aside(const std::string& reason);
  void tidy();
  void tell_dropped(std::size_t dropped);
  void tell_trimmed();
  void fail(const std::string& reason, std::size_t missed);
  void miss(std::size_t entries) noexcept;

  const conf::JournalSettings settings_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<ports::Metrics> metrics_;

  // Of the queue's thread alone.
  std::optional<JournalFile> file_;
  bool is_failing_ = false;
  std::size_t missed_ = 0;  // since it fails
  std::size_t untold_ = 0;  // dropped, and not told yet
  std::optional<SteadyTime> retried_at_, told_dropped_at_, told_trimmed_at_, tidied_at_;

  DraftQueue<ports::JournalDraft> queue_;
};

/// For the tools. The fault is a sentence that names the file.
Result<std::unique_ptr<ports::JournalReader>, std::string> open_journal_to_read(
    const std::string& path);
Result<std::unique_ptr<ports::JournalEraser>, std::string> open_journal_to_erase(
    const std::string& path);

}  // namespace milterward::backends
