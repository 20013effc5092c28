// SPDX-License-Identifier: Apache-2.0
// A directory that is being read, closed with its owner.
#pragma once

#include <dirent.h>

#include <memory>

namespace milterward::backends {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};
using OpenDirectory = std::unique_ptr<DIR, CloseDirectory>;

}  // namespace milterward::backends
