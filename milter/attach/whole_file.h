// SPDX-License-Identifier: Apache-2.0
// Files that are replaced as a whole or not at all, with the mode and owner they had.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::attach {

struct WholeFile {
  std::string text;
  mode_t mode = 0644;
  uid_t owner = 0;
  gid_t group = 0;
};

/// Text, mode and owner, or why it cannot be read. No file is larger than 4 MiB.
Result<WholeFile, std::string> read_whole(const std::string& path);

/// Writes beside the file, to the disk, and then in its place. The fault says what the
/// system refused; the file is as it was then.
std::optional<std::string> replace(const std::string& path, const WholeFile& file);

/// Gives the file at `path` the mode and the owner of `file`, where it has others.
std::optional<std::string> keep_rights(const std::string& path, const WholeFile& file);

}  // namespace milterward::attach
