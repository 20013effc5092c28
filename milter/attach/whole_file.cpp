// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace milterward::attach {
namespace {

constexpr std::size_t longest_file = std::size_t{4} << 20;

std::string refused(std::string_view what, const std::string& path) {
  return fmt::format("{}: {}: {}", path, what, std::strerror(errno));
}

std::string unreadable(const std::string& path) { return refused("cannot be read", path); }

/// Closed when it goes.
class Opened {
 public:
  explicit Opened(int fd) noexcept : fd_(fd) {}
  ~Opened() {
    if (fd_ >= 0) ::close(fd_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool give_rights(int fd, const WholeFile& file) {
  struct stat found {};
  const bool is_theirs =
      ::fstat(fd, &found) == 0 && found.st_uid == file.owner && found.st_gid == file.group;
  return (is_theirs || ::fchown(fd, file.owner, file.group) == 0) &&
         ::fchmod(fd, file.mode) == 0;
}

/// Nobody but us can read it before it has its owner and mode.
bool fill(int fd, const WholeFile& file) {
  return write_all(fd, file.text) && give_rights(fd, file) && ::fsync(fd) == 0;
}

}  // namespace

Result<WholeFile, std::string> read_whole(const std::string& path) {
  const Opened file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat found {};
  if (file.get() < 0 || ::fstat(file.get(), &found) != 0)
    return Unexpected{unreadable(path)};
  if (!S_ISREG(found.st_mode)) return Unexpected{fmt::format("{}: is no file", path)};
  WholeFile whole{"", found.st_mode & 07777, found.st_uid, found.st_gid};
  std::array<char, 65536> piece{};
  for (;;) {
    const auto size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0) return Unexpected{unreadable(path)};
    if (size == 0) return whole;
    whole.text.append(piece.data(), static_cast<std::size_t>(size));
    if (whole.text.size() > longest_file)
      return Unexpected{fmt::format("{}: is larger than {} MiB", path, longest_file >> 20)};
  }
}

std::optional<std::string> replace(const std::string& path, const WholeFile& file) {
  const auto beside = path + ".milterward-new";
  // Who left one there may have been stopped half-way; it is nobody's but ours.
  ::unlink(beside.c_str());
  const Opened fresh{
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (fresh.get() < 0) return refused("cannot be written", beside);
  if (fill(fresh.get(), file) && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  auto fault = refused("cannot be written", path);
  ::unlink(beside.c_str());
  return fault;
}

std::optional<std::string> keep_rights(const std::string& path, const WholeFile& file) {
  const Opened opened{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (opened.get() < 0) return unreadable(path);
  if (give_rights(opened.get(), file)) return {};
  return refused("does not get its owner and mode", path);
}

}  // namespace milterward::attach
