// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/counter_log_writer.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace milterward::backends {
namespace {

/// 0, or errno. What was written in part is taken back, so that the next line is whole:
/// the log is ours alone, so what came last is what was written here.
int write_at_once(int file, std::string_view text) {
  ssize_t written = 0;
  do written = ::write(file, text.data(), text.size());
  while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(text.size())) return 0;
  if (written < 0) return errno;
  struct stat after {};
  if (::fstat(file, &after) != 0 || ::ftruncate(file, after.st_size - written) != 0)
    return errno;
  return ENOSPC;
}

}  // namespace

struct CounterLogWriter::Batch {
  std::string text;
  File file;  // the log it was written to
  bool is_durable = false;
  int error = 0;
};

CounterLogWriter::CounterLogWriter(conf::StoreSync sync)
    : sync_(sync), gathering_(std::make_shared<Batch>()) {
  if (sync_ == conf::StoreSync::disk)
    syncs_ = std::thread{[this] { sync_until_the_end(); }};
}

CounterLogWriter::~CounterLogWriter() {
  {
    const std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  changed_.notify_all();
  if (syncs_.joinable()) syncs_.join();
}

void CounterLogWriter::change_to(File next) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return !is_writing_; });
  if (!gathering_->text.empty()) write(lock);
  file_ = std::move(next);
}

CounterLogWriter::Ticket CounterLogWriter::append(std::string_view line) {
  const std::lock_guard lock{mutex_};
  gathering_->text += line;
  return gathering_;
}

Result<bool, std::string> CounterLogWriter::wait_for(const Ticket& ticket,
                                                     Deadline deadline) {
  std::unique_lock lock{mutex_};
  while (!ticket->is_durable && ticket->error == 0) {
    if (!is_writing_ && ticket == gathering_)
      write(lock);
    else if (changed_.wait_until(lock, deadline.at()) == std::cv_status::timeout)
      break;
  }
  if (ticket->is_durable) return true;
  return Unexpected{ticket->error == 0 ? std::string{"the disk takes too long"}
                                       : std::string{std::strerror(ticket->error)}};
}

/// Unlocked while it writes; others gather the next batch meanwhile.
void CounterLogWriter::write(std::unique_lock<std::mutex>& lock) {
  const auto batch = std::exchange(gathering_, std::make_shared<Batch>());
  batch->file = file_;
  is_writing_ = true;
  lock.unlock();
  const int error = write_at_once(batch->file->get(), batch->text);
  lock.lock();
  is_writing_ = false;
  batch->error = error;
  if (error == 0 && sync_ == conf::StoreSync::disk)
    unsynced_.push_back(batch);
  else
    batch->is_durable = error == 0;
  changed_.notify_all();
}

void CounterLogWriter::sync_until_the_end() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [&] { return !unsynced_.empty() || is_ending_; });
    if (unsynced_.empty()) return;
    const auto batches = std::exchange(unsynced_, {});
    lock.unlock();
    int error = 0;
    const FileDescriptor* synced = nullptr;
    for (const auto& batch : batches)
      if (batch->file.get() != std::exchange(synced, batch->file.get()))
        if (::fdatasync(batch->file->get()) != 0) error = errno;
    lock.lock();
    for (const auto& batch : batches) {
      batch->error = error;
      batch->is_durable = error == 0;
    }
    changed_.notify_all();
  }
}

}  // namespace milterward::backends
