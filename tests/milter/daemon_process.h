// SPDX-License-Identifier: Apache-2.0
// The real binary, run by a test: its configuration, its signals and its log.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/milter/temporary_directory.h"

namespace milterward::tests {

class DaemonProcess {
 public:
  /// Nothing runs yet. The configuration answers for local.test, trusts 203.0.113.0/24 and
  /// asks DNS at `dns_port` of the loopback; `further` is appended.
  explicit DaemonProcess(unsigned dns_port, const std::string& further = "");
  /// Kills what still runs.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Replaces a table or key of the configuration by text: rewrite(from, to).
  void rewrite_config(const std::string& from, const std::string& to);

  /// With a descriptor it gets that one as number 3, as from systemd.
  void start(int inherited = -1);
  /// start, and wait for daemon.ready; throws with the log when it does not come.
  void start_and_wait();
  void signal(int number) const;
  /// The exit code, or minus the signal; nothing when it runs on past the limit.
  std::optional<int> wait_end(std::chrono::milliseconds limit = std::chrono::seconds{60});

  /// Lines of the log with `event=NAME`, so far.
  std::vector<std::string> events(const std::string& name) const;
  /// Waits for the `count`-th such line and returns it; throws with the log if none comes.
  std::string wait_event(const std::string& name, std::size_t count = 1,
                         std::chrono::milliseconds limit = std::chrono::seconds{60});
  std::string log() const;

  std::string socket() const { return directory_.path("milter.sock"); }
  std::string config_file() const { return directory_.path("milterward.toml"); }
  const TemporaryDirectory& directory() const noexcept { return directory_; }
  pid_t pid() const noexcept { return pid_; }

 private:
  TemporaryDirectory directory_;
  pid_t pid_ = -1;
};

/// Where the real binary is.
std::string binary();

/// Runs it, or a copy of it, with these arguments to its end.
struct Finished {
  int code = -1;
  std::string output;  // both streams
};
Finished run_binary(const std::vector<std::string>& arguments,
                    const std::string& program = binary());

}  // namespace milterward::tests
