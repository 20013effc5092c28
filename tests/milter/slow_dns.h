// SPDX-License-Identifier: Apache-2.0
// A name server on the loopback that knows no name and takes its time to say so.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace milterward::tests {

class SlowDns {
 public:
  explicit SlowDns(std::chrono::milliseconds delay = std::chrono::milliseconds{0});
  ~SlowDns();
  SlowDns(const SlowDns&) = delete;
  SlowDns& operator=(const SlowDns&) = delete;

  unsigned port() const noexcept { return port_; }

 private:
  void serve();

  std::chrono::milliseconds delay_;
  int fd_;
  unsigned port_ = 0;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace milterward::tests
