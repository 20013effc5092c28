// SPDX-License-Identifier: Apache-2.0
// Where and how the MTA reaches us, and what the process is. [milter], [daemon], [drain]
#pragma once

#include <chrono>
#include <string>

namespace milterward::conf {

/// Who speaks the milter protocol.
enum class FrontEngine { native, libmilter };

/// How libmilter's connections are served.
enum class Threads { per_connection, pool };

struct MilterSettings {
  FrontEngine front;
  std::string socket;  // unix:/path, inet:PORT@HOST, inet6:PORT@HOST, fd:N
  std::string socket_owner;
  std::string socket_group;
  unsigned socket_mode;  // of a unix socket
  Threads threads;
};

/// Does the daemon deny itself the system calls that it needs no more once it has started?
enum class Sandbox { off, if_possible, required };

/// Is what the daemon remembers kept out of swap?
enum class LockMemory { off, if_possible, required };

struct DaemonSettings {
  std::string user;  // whom a daemon started as root becomes
  std::string pid_file;
  Sandbox sandbox;
  LockMemory lock_memory;
};

struct DrainSettings {
  std::chrono::milliseconds limit;
};

}  // namespace milterward::conf
