// SPDX-License-Identifier: Apache-2.0
// A short text that outlives the process.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::ports {

class StateFile {
 public:
  virtual ~StateFile() = default;
  /// Where it is, for people.
  virtual const std::string& place() const noexcept = 0;
  /// At most `most` octets; "" where there is none yet. Faults in words. Reads the disk.
  virtual Result<std::string, std::string> read(std::size_t most) = 0;
  /// All of it or nothing, in place of the former. Nothing, or why not, in words. Waits for
  /// the disk.
  virtual std::optional<std::string> write(std::string_view text) = 0;
};

}  // namespace milterward::ports
