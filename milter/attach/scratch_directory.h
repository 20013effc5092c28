// SPDX-License-Identifier: Apache-2.0
// A directory for copies, for us alone, gone when it ends.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace milterward::attach {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code ignored;
    const auto parent = std::filesystem::temp_directory_path(ignored);
    path_ = (ignored ? "/tmp" : parent.string()) + "/milterward-attach.XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  /// "" when it could not be made; then errno says why.
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace milterward::attach
