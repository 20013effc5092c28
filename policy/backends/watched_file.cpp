// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/watched_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "policy/backends/file_descriptor.h"
#include "policy/base/sink.h"

namespace milterward::backends {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

/// A writer that does not rename may still be at it.
bool is_settled(const FileStamp& stamp, WallTime today) {
  const auto written = WallTime{std::chrono::duration_cast<WallTime::duration>(
      std::chrono::seconds{stamp.changed_s} + std::chrono::nanoseconds{stamp.changed_ns})};
  return written > today || today - written >= std::chrono::seconds{1};
}

}  // namespace

Result<FileText, std::string> read_watched(const std::string& path, std::size_t most,
                                           WallTime today) {
  // NONBLOCK: opening a FIFO would wait for its writer.
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat before {};
  if (!file || ::fstat(file.get(), &before) != 0)
    return Unexpected{"cannot be opened: " + text_of(errno) +
                      "; make it, or take it from the list"};
  if (!S_ISREG(before.st_mode))
    return Unexpected{std::string{"is not a regular file; name another one"}};
  if ((before.st_mode & S_IWOTH) != 0)
    return Unexpected{std::string{"can be written by everybody; mend it with: chmod o-w "} +
                      path};
  if (static_cast<std::size_t>(before.st_size) > most)
    return Unexpected{fmt::format("is longer than {} MiB", most / 1024 / 1024)};
  auto text = read_up_to(file, static_cast<std::size_t>(before.st_size) + 1);
  if (!text) return Unexpected{"cannot be read: " + text_of(text.fault())};
  struct stat after {};
  const auto stamp = FileStamp::of(before);
  if (::fstat(file.get(), &after) != 0 || FileStamp::of(after) != stamp ||
      text->size() != static_cast<std::size_t>(before.st_size))
    return Unexpected{std::string{"changed while it was read"}};
  return FileText{stamp, std::move(*text), is_settled(stamp, today)};
}

FileStamp stamp_of(const std::string& path) noexcept {
  struct stat state {};
  return ::stat(path.c_str(), &state) == 0 ? FileStamp::of(state) : FileStamp{};
}

void log_file_kept(const std::string& path, const std::string& reason) noexcept {
  log_event(Event::directory_file_kept, {{"file", path}, {"reason", reason}});
}

void log_file_read(const std::string& path) noexcept {
  log_event(Event::directory_file_read, {{"file", path}});
}

}  // namespace milterward::backends
