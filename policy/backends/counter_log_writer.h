// SPDX-License-Identifier: Apache-2.0
// Appends lines to the log in use, those of several threads in one write. Whoever comes
// while nobody writes, writes for all who have come until then: no thread of its own has to
// be woken for each message. Syncs do have a thread, since a disk may take longer than a
// message has time.
//
// write(2) into the page cache is the one wait here without a deadline; a disk that holds
// even that up holds up the mail server's queue as well. Everybody else leaves in time.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "conf/settings/store.h"
#include "policy/backends/file_descriptor.h"
#include "policy/base/deadline.h"
#include "policy/base/result.h"

namespace milterward::backends {

class CounterLogWriter {
 public:
  struct Batch;  // lines that are written together
  using Ticket = std::shared_ptr<Batch>;
  using File = std::shared_ptr<const FileDescriptor>;

  explicit CounterLogWriter(conf::StoreSync sync);
  ~CounterLogWriter();
  CounterLogWriter(const CounterLogWriter&) = delete;
  CounterLogWriter& operator=(const CounterLogWriter&) = delete;

  /// Writes what was appended so far into the log in use, and what comes into `next`, which
  /// is opened for appending.
  void change_to(File next);
  /// Never waits for the disk.
  Ticket append(std::string_view line);
  /// Until the line is as durable as store.sync asks. The fault says why it is not; the
  /// line may have got into the log all the same.
  Result<bool, std::string> wait_for(const Ticket& ticket, Deadline deadline);

 private:
  void write(std::unique_lock<std::mutex>& lock);
  void sync_until_the_end();

  const conf::StoreSync sync_;
  std::mutex mutex_;
  std::condition_variable changed_;
  File file_;
  Ticket gathering_;
  bool is_writing_ = false;
  std::vector<Ticket> unsynced_;
  bool is_ending_ = false;
  std::thread syncs_;  // store.sync = "disk" only
};

}  // namespace milterward::backends
