// SPDX-License-Identifier: Apache-2.0
// A file descriptor that closes itself, and what a file behind one holds.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "policy/base/result.h"
#include "policy/base/secret_text.h"

namespace milterward::backends {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

/// Fills `room` from where the file stands to its end: how many octets that is, or errno.
inline Result<std::size_t, int> read_into(std::span<char> room,
                                          const FileDescriptor& file) {
  std::size_t filled = 0;
  while (filled < room.size()) {
    const auto got = ::read(file.get(), room.data() + filled, room.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unexpected{errno};
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

/// The octets from where the file stands to its end, at most `most`; or errno.
inline Result<std::string, int> read_up_to(const FileDescriptor& file, std::size_t most) {
  std::string text(most, '\0');
  const auto filled = read_into(text, file);
  if (!filled) return Unexpected{filled.fault()};
  text.resize(*filled);
  return text;
}

/// The same of a file that holds a secret.
inline Result<SecretText, int> read_secret(const FileDescriptor& file, std::size_t most) {
  SecretText text{most};
  const auto filled = read_into({text.octets(), most}, file);
  if (!filled) return Unexpected{filled.fault()};
  text.shorten_to(*filled);
  return text;
}

}  // namespace milterward::backends
