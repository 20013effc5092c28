// SPDX-License-Identifier: Apache-2.0
// A real PostgreSQL, as packaging/install-deps unpacks it, on a loopback port, with its
// data below a directory of its own, as a user without rights.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/milter/temporary_directory.h"
#include "tests/support/loopback_port.h"

namespace milterward::tests {

class PostgresServer {
 public:
  /// Makes a database with these statements, one a line, and starts the server. Throws
  /// std::runtime_error when there is no PostgreSQL or it does not answer.
  explicit PostgresServer(std::string_view statements);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// As libpq wants it.
  std::string connection() const;
  void stop();
  void start();
  /// Stands still, connections that exist too: the system goes on accepting new ones and
  /// what they send.
  void pause();
  void resume();

 private:
  std::string data() const { return directory_.path("data"); }
  void tell_all(int signal) const;

  TemporaryDirectory directory_;
  LoopbackPort port_;
  std::filesystem::path programs_;
  pid_t pid_ = -1;
};

}  // namespace milterward::tests
