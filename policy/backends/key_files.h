// SPDX-License-Identifier: Apache-2.0
// Private keys from PEM files. Anybody who can read a key can sign as its domain, anybody
// who can write it can cut the domain's mail off, so the file's mode is checked before its
// content is read, on the opened file (not on its name, which could be exchanged between).
// Parsed keys are known until the file changes, for as long as somebody uses them: a key
// that no configuration names any more is gone from memory.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "policy/backends/file_stamp.h"
#include "policy/base/guarded.h"
#include "policy/ports/key_source.h"

namespace milterward::backends {

class KeyFiles final : public ports::KeySource {
 public:
  /// Reads the file, or answers from what was read before: same path, inode, time of last
  /// change, size and mode. A fault names path, owner and mode, and the command that mends
  /// it. An RSA key below 2048 bits is accepted with a warning in the log. Reads the disk.
  Result<std::shared_ptr<const ports::PrivateKey>, ports::KeyFault> load(
      const std::string& name) const override;

 private:
  struct Known {
    FileStamp stamp;
    std::weak_ptr<const ports::PrivateKey> key;
  };

  mutable Guarded<std::map<std::string, Known>> known_;
};

}  // namespace milterward::backends
