// SPDX-License-Identifier: Apache-2.0
// Is this still the file that was read?
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace milterward::backends {

/// Equal while neither the file behind a name, nor its content, nor its mode changed.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  mode_t mode = 0;
  std::int64_t changed_s = 0, changed_ns = 0;

  static FileStamp of(const struct stat& state) noexcept {
    return {state.st_dev,  state.st_ino,         state.st_size,
            state.st_mode, state.st_mtim.tv_sec, state.st_mtim.tv_nsec};
  }
  bool operator==(const FileStamp&) const = default;
};

}  // namespace milterward::backends
