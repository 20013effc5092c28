// SPDX-License-Identifier: Apache-2.0
// A file descriptor that closes itself, and what a file behind one holds.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include "policy/base/result.h"

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

/// The octets from where the file stands to its end, at most `most`; or errno.
inline Result<std::string, int> read_up_to(const FileDescriptor& file, std::size_t most) {
  std::string text(most, '\0');
  std::size_t filled = 0;
  while (filled < most) {
    const auto got = ::read(file.get(), text.data() + filled, most - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unexpected{errno};
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

}  // namespace milterward::backends
