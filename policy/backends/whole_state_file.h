// SPDX-License-Identifier: Apache-2.0
// A text in a file of its own: written beside it and put in its place, so that whoever
// reads finds the old or the new one. For its user alone.
#pragma once

#include <string>
#include <utility>

#include "policy/ports/state_file.h"

namespace milterward::backends {

class WholeStateFile final : public ports::StateFile {
 public:
  explicit WholeStateFile(std::string path) : path_(std::move(path)) {}

  const std::string& place() const noexcept override { return path_; }
  Result<std::string, std::string> read(std::size_t most) override;
  std::optional<std::string> write(std::string_view text) override;

 private:
  const std::string path_;
};

}  // namespace milterward::backends
