// SPDX-License-Identifier: Apache-2.0
// A program of the postmaster's, run when something has happened.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace milterward::ports {

struct HookCall {
  std::string program;                   // absolute path; it gets no arguments
  std::vector<std::string> environment;  // "NAME=value", all it gets beside PATH
  std::string input;                     // on its standard input
  std::chrono::milliseconds limit{};     // then it is killed
};

class Hook {
 public:
  virtual ~Hook() = default;
  /// Blocks until it has ended or was killed. Nothing when it says that all went well
  /// (status 0), else why not, in words. One thread at a time.
  virtual std::optional<std::string> run(const HookCall& call) = 0;
  /// For good, from any thread: a run under way is killed, later ones fail.
  virtual void stop() noexcept = 0;
};

}  // namespace milterward::ports
