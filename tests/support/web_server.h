// SPDX-License-Identifier: Apache-2.0
// A web server of the loopback that keeps what it is asked and answers what the test wants,
// in a thread of its own; one connection after the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "policy/base/guarded.h"

namespace milterward::tests {

class WebServer {
 public:
  /// How it answers: with "HTTP/1.1 STATUS" and an empty body; not at all; or with an octet
  /// now and then that never ends a line.
  enum class Manner { answers, is_silent, drips };

  explicit WebServer(std::string status = "200 OK", Manner manner = Manner::answers);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url(const std::string& target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }
  /// All it was asked so far, each with header and body.
  std::vector<std::string> requests() const;
  /// Waits for the `count`-th; throws std::runtime_error when it does not come.
  std::string wait_request(std::size_t count = 1) const;

 private:
  void serve();
  void serve_one(int connection);

  const std::string status_;
  const Manner manner_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ended_{false};
  Guarded<std::vector<std::string>> requests_;
  std::thread thread_;
};

}  // namespace milterward::tests
