// SPDX-License-Identifier: Apache-2.0
// The files of the daemon that is left. The room opens none itself, so that a translation
// can be tested with files that are only text.
#pragma once

#include <string>
#include <vector>

#include "policy/base/result.h"

namespace milterward::importing {

class OldFiles {
 public:
  virtual ~OldFiles() = default;
  /// The content, or why it cannot be read.
  virtual Result<std::string, std::string> read(const std::string& path) const = 0;
  /// Names in a directory, sorted; none where there is no such directory.
  virtual std::vector<std::string> names_in(const std::string& directory) const = 0;
};

/// A file that the old daemon needs and that cannot be read: without it a translation would
/// silently lose what stands there.
struct Unreadable {
  std::string file;
  unsigned line = 0;  // where it is named; 0: on the command line
  std::string reason;
};

}  // namespace milterward::importing
