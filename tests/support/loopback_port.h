// SPDX-License-Identifier: Apache-2.0
// A port for a server that a test starts as a process. Such a server binds it some time
// after it was chosen, so the port is taken from below the kernel's ephemeral range and
// reserved against other tests by an abstract unix socket named after it, as
// tests/mta/ports.py does.
#pragma once

#include <cstdint>

namespace milterward::tests {

/// A port on which nothing listens, neither TCP nor UDP, on 127.0.0.1; reserved for as long
/// as the object lives. Throws std::runtime_error where there is none.
class LoopbackPort {
 public:
  LoopbackPort();
  ~LoopbackPort();
  LoopbackPort(const LoopbackPort&) = delete;
  LoopbackPort& operator=(const LoopbackPort&) = delete;

  std::uint16_t number() const noexcept { return number_; }

 private:
  std::uint16_t number_ = 0;
  int reservation_ = -1;
};

}  // namespace milterward::tests
