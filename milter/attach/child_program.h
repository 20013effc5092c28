// SPDX-License-Identifier: Apache-2.0
// A short-lived program of the system whose output is an answer: postconf, postmap. Not
// backends/child_run.h, which runs work of helpers with one thread and keeps only the last
// words; here all of the output counts, and what is longer than expected is a fault.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::attach {

/// A large main.cf with every default is 60 kB; a map that is listed may be longer.
inline constexpr std::size_t longest_answer = std::size_t{4} << 20;
/// postconf answers within milliseconds, unless a file system hangs.
inline constexpr std::chrono::seconds longest_run{30};
inline constexpr std::chrono::hours longest_stream{1};

struct Ran {
  int code = 0;  // its exit status
  std::string output;
  std::string complaints;  // its standard error
};

/// Runs `command` (its first element is looked up in PATH, then in /usr/sbin) with an empty
/// standard input, and waits for its end. The fault is a sentence: it cannot be started,
/// said more than longest_answer, took longer than longest_run, or died of a signal.
Result<Ran, std::string> run_program(const std::vector<std::string>& command);

/// The same for output without end, and for an hour: each piece goes to `take`. What was
/// wrong, if anything; an exit code other than 0 is.
std::optional<std::string> stream_program(
    const std::vector<std::string>& command,
    const std::function<void(std::string_view)>& take);

/// Its output, or the fault, or what it complained of when it did not exit with 0.
Result<std::string, std::string> answer_of(const std::vector<std::string>& command);

}  // namespace milterward::attach
