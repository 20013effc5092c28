// SPDX-License-Identifier: Apache-2.0
// Serves control.socket: one request a connection, one connection at a time, in a thread of
// its own. A postmaster asks now and then; who says nothing is sent away after a while.
#pragma once

#include <thread>

#include "milter/front/current_services.h"
#include "milter/front/listening_socket.h"

namespace milterward::control {

class ControlServer {
 public:
  /// Both must outlive it. Throws std::runtime_error when there are no descriptors left.
  ControlServer(const front::ListeningSocket& socket,
                const front::CurrentServices& services);
  /// Takes the socket's file away.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  void serve() noexcept;
  void serve_one(int client) const;

  const front::ListeningSocket& socket_;
  const front::CurrentServices& services_;
  int ends_;  // an eventfd
  std::thread thread_;
};

}  // namespace milterward::control
