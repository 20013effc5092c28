// SPDX-License-Identifier: Apache-2.0
// One piece of work in a child process of its own, killed at its limit with all of its
// process group. For a helper process (helper_process.h), which has one thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace milterward::backends {

struct ChildEnd {
  enum class How {
    exited,       // `code` is its status
    by_signal,    // `code` is the signal
    out_of_time,  // killed by us
    unwanted,     // killed by us
    not_started,  // `output` says why
  };
  How how = How::not_started;
  int code = 0;
  std::string output;  // the last of what it wrote to both streams
};

/// Runs `work` in the child, whose standard input is `input`, and whose status is what it
/// returns; it may execute a program instead. The child has no other descriptors, no
/// handlers of signals, and as much processor time as `limit`. Blocks until it has ended,
/// or `limit` has passed, or `unwanted` polls as POLLRDHUP.
ChildEnd run_in_child(const std::function<int()>& work, std::string_view input,
                      std::chrono::milliseconds limit, int unwanted);

/// "10s", "1500ms"
std::string in_words(std::chrono::milliseconds limit);

}  // namespace milterward::backends
