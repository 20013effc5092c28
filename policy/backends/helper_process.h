// SPDX-License-Identifier: Apache-2.0
// A process beside the daemon that does one thing at a time for it: what may hang, crash or
// run other people's programs is better killed than waited for, and a daemon with threads
// must not fork. So it is made before the first thread, before keys are read and after
// root's rights are gone; it holds no descriptor but its end of the socket, can gain no
// rights, and ends when the daemon does.
//
// Question and answer are packets of a SOCK_SEQPACKET pair. A question is parts with a NUL
// between them, an answer "+" when all went well, else "-" and why not. The helper begins
// with a "+" once it is ready.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/backends/file_descriptor.h"
#include "policy/base/result.h"

namespace milterward::backends {

class HelperProcess {
 public:
  using Parts = std::vector<std::string>;
  /// Runs in the helper; nothing when all went well. `daemon` polls as POLLRDHUP once
  /// nobody waits for the answer.
  using Work = std::function<std::optional<std::string>(const Parts& question, int daemon)>;

  /// `name` is what the process is called, at most 15 octets. Blocks until it is ready; the
  /// fault says what the system refused.
  static Result<std::unique_ptr<HelperProcess>, std::string> start(const std::string& name,
                                                                   const Work& work);
  /// Ends the helper.
  ~HelperProcess();
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  /// Blocks until the helper answers; nothing when all went well. A part must not hold a
  /// NUL. One thread at a time.
  std::optional<std::string> ask(const Parts& question);

  /// For good, from any thread: whoever asks gets a fault.
  void stop() noexcept;

  pid_t pid() const noexcept { return pid_; }

 private:
  HelperProcess(std::string name, FileDescriptor socket, pid_t pid);
  std::optional<std::string> wait_for_answer();
  std::string gone();

  std::string name_;
  FileDescriptor socket_;
  pid_t pid_;
  std::atomic<bool> stopped_{false};
  bool is_gone_ = false;
};

}  // namespace milterward::backends
