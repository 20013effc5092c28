// SPDX-License-Identifier: Apache-2.0
// Serves HTTP on a socket that is given to it: one request a connection, in a few threads
// of its own. Whoever says nothing, too much or too slowly is sent away after a while; whom
// no thread is free for waits in the queue of the system. Mail knows nothing of it.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::status {

class WebServer {
 public:
  /// A whole response to a request as `strained` leaves it. Called in several threads.
  using Answer =
      std::function<std::string(const std::string& request, const IpAddress& client)>;

  /// `socket` listens, does not block, and outlives the server. Throws std::runtime_error
  /// when there are no descriptors left. Call it with signals blocked.
  WebServer(int socket, Answer answer);
  /// Answers under way are broken off, but for those that are being made.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

 private:
  void serve() noexcept;
  void serve_one(int connection, const IpAddress& client) const;

  const int socket_;
  const Answer answer_;
  int ends_;  // an eventfd
  std::vector<std::thread> threads_;
};

}  // namespace milterward::status
