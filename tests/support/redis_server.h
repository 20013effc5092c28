// SPDX-License-Identifier: Apache-2.0
// A real Redis for tests, on a loopback port and a directory of its own, that keeps an
// append-only file; or a replica of one, or a sentinel that watches one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/milter/temporary_directory.h"
#include "tests/support/loopback_port.h"

namespace milterward::tests {

struct Replica {};
struct Sentinel {};

class RedisServer {
 public:
  /// Starts it and waits until it answers. Throws when there is none or it does not.
  RedisServer();
  RedisServer(Replica, const RedisServer& master);
  RedisServer(Sentinel, const RedisServer& master);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::uint16_t port() const noexcept { return port_.number(); }
  std::string url() const;
  std::string socket_url() const;
  /// Of a sentinel: the way to the master it watches.
  std::string sentinel_url() const;
  /// An orderly end; `start` brings it back with what it held.
  void stop();
  void start();
  /// Its process stands still, and goes on.
  void freeze() const;
  void thaw() const;
  void wait_until_log_has(const std::string& text) const;

 private:
  TemporaryDirectory directory_;
  LoopbackPort port_;
  std::string config_;  // a file, where options are not enough
  std::vector<std::string> options_;
  pid_t pid_ = -1;
};

}  // namespace milterward::tests
