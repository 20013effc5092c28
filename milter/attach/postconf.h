// SPDX-License-Identifier: Apache-2.0
// One Postfix instance by its own tool. postconf edits main.cf and master.cf as a whole or
// not at all, keeps comments, and knows what its version can read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/attach/postfix_plan.h"

namespace milterward::attach {

class Postconf {
 public:
  /// "": the instance that postconf takes for the default one.
  explicit Postconf(std::string config_directory)
      : directory_(std::move(config_directory)) {}

  /// The directory with main.cf and master.cf, for an instance named or not.
  Result<std::string, std::string> config_directory() const;
  Result<PostfixSetup, std::string> read() const;
  /// Main.cf first. What was wrong, if anything; then some of it may be done.
  std::optional<std::string> carry_out(const std::vector<Change>& changes) const;

 private:
  std::vector<std::string> command(std::vector<std::string> arguments) const;

  std::string directory_;
};

/// The commands that `carry_out` runs, as words behind "postconf".
std::vector<std::vector<std::string>> edits_of(const std::vector<Change>& changes);

}  // namespace milterward::attach
