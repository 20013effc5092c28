// SPDX-License-Identifier: Apache-2.0
// Where private keys come from.
#pragma once

#include <memory>
#include <string>

#include "policy/base/result.h"
#include "policy/ports/dkim.h"

namespace milterward::ports {

/// Why a key cannot be used, in words for the postmaster: path, mode, and the way out.
struct KeyFault {
  std::string reason;
  bool operator==(const KeyFault&) const = default;
};

class KeySource {
 public:
  virtual ~KeySource() = default;
  /// Reads the key behind a name (a path, for files). Refuses what others could read or
  /// write: any permission for "others", or group write.
  virtual Result<std::shared_ptr<const PrivateKey>, KeyFault> load(
      const std::string& name) const = 0;
};

}  // namespace milterward::ports
