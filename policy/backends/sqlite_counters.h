// SPDX-License-Identifier: Apache-2.0
// The embedded store: memory decides, a log makes each count outlive the process, and a
// checkpoint now and then moves what the log says into a SQLite database.
//
//   state.db            as of the last checkpoint: `store` (generation), `slice` (counts),
//   and
//                       `marks`, those of one checkpoint and slice in one row, as lines of
//                       "AMOUNT NAME", since most are written once and never looked for
//                       here
//   state.db.log.N      the counts kept since (counter_log.h); N counts up from
//   `generation`.
//                       Marks made since are lost with the process: a repeat counts again
//                       then, and a notice about what was sent last is nobody's
//   state.db.lock       locked by the daemon that owns them
//
// At the start the database is read and every log from its generation on is added. A
// checkpoint begins log N+1, writes what changed and the generation N+1 in one transaction,
// and removes the logs before. A transaction for each message, set aside, costs ten times
// as much and lets messages wait for each other's syncs.
//
// A message that was counted and whose acceptance the mail server never heard of, since the
// process died in between, stays counted: never too little.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "policy/backends/counter_log_writer.h"
#include "policy/backends/counter_table.h"
#include "policy/backends/file_descriptor.h"
#include "policy/backends/sqlite.h"
#include "policy/base/clock.h"

namespace milterward::backends {

class SqliteCounters final : public ports::Counters {
 public:
  /// The fault is a sentence that names the file. May read and write much.
  static Result<std::shared_ptr<SqliteCounters>, std::string> open(
      const std::string& path, conf::StoreSync sync, std::shared_ptr<const Clock> clock);
  /// Makes a last checkpoint.
  ~SqliteCounters() override;

  Result<ports::HitResult, ports::StoreFault> hit(std::span<const ports::Hit> hits,
                                                  ports::Grant grant, ports::Seconds now,
                                                  Deadline deadline) override;
  Result<std::monostate, ports::StoreFault> keep(std::span<const ports::Granted> granted,
                                                 Deadline deadline) override;
  void give_back(std::span<const ports::Granted> granted) noexcept override;
  /// By a checkpoint of its own; for the hand of a postmaster, not for every message.
  Result<std::monostate, ports::StoreFault> clear(std::span<const std::string> counters,
                                                  Deadline deadline) override;

 private:
  SqliteCounters(std::string path, conf::StoreSync sync, std::shared_ptr<const Clock> clock,
                 FileDescriptor lock);
  std::string load();
  std::string replay_logs();
  std::string checkpoint();
  std::string checkpoint_alone();  // while checkpointing_ is held
  void load_marks();
  std::string write_down(const std::vector<KeptSlice>& changes);
  void write_slices(const std::vector<KeptSlice>& changes);
  void write_marks(const std::vector<KeptSlice>& changes);
  void checkpoint_until_the_end();
  bool has_changes();
  void report(const std::string& reason);

  const std::string path_;
  const std::shared_ptr<const Clock> clock_;
  const FileDescriptor lock_;
  std::timed_mutex checkpointing_;  // of the next two
  SqliteDatabase database_;
  std::uint64_t generation_ = 0;  // of the log in use
  CounterLogWriter log_;
  std::mutex mutex_;  // of the table, and of its agreement with the log
  CounterTable table_;
  std::size_t size_when_tidied_ = 0;
  std::mutex ending_;
  std::condition_variable ends_;
  bool is_ending_ = false;
  std::atomic<bool> is_failing_{false};  // and that was logged
  std::thread checkpoints_;
};

}  // namespace milterward::backends
