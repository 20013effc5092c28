// SPDX-License-Identifier: Apache-2.0
// A name server on the loopback that knows no name, and keeps some waiting to hear so.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

namespace milterward::tests {

/// Who asks for a name that begins so waits until so many such names are waited for.
struct Gathering {
  std::size_t names = 0;
  std::string beginning;
};

class SlowDns {
 public:
  explicit SlowDns(Gathering gathering = {});
  ~SlowDns();
  SlowDns(const SlowDns&) = delete;
  SlowDns& operator=(const SlowDns&) = delete;

  unsigned port() const noexcept { return port_; }
  /// All of them were waited for at the same time.
  bool has_gathered() const noexcept { return has_gathered_; }

 private:
  void serve();

  const Gathering gathering_;
  int fd_;
  unsigned port_ = 0;
  std::atomic<bool> has_gathered_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace milterward::tests
