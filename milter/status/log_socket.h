// SPDX-License-Identifier: Apache-2.0
// The datagram socket of a log daemon, syslog's or the journal's. Not by syslog(3) or
// sd_journal_send(3): both wait without end for a daemon that does not read, and all mail
// would wait with them. Nor by a stream, which only syslog daemons of old offered.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace milterward::status {

inline constexpr auto syslog_path = "/dev/log";
inline constexpr auto journal_path = "/run/systemd/journal/socket";

class LogSocket {
 public:
  explicit LogSocket(std::string path) : path_(std::move(path)) {}
  LogSocket(LogSocket&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  LogSocket& operator=(LogSocket&&) = delete;
  ~LogSocket() { close(); }

  /// Connects when it is not connected, once more when the daemon was started anew. False
  /// when the message could not be handed over within so many milliseconds.
  bool send(std::string_view message, int patience_ms) noexcept;
  void close() noexcept;

 private:
  bool connect() noexcept;

  std::string path_;
  int fd_ = -1;
};

/// A message as syslog daemons of this host read it: "<22>Nov 26 13:05:09 name[4711]: ...".
std::string syslog_message(int priority, std::string_view line);

/// Fields in the journal's native protocol; a value may hold any octets.
std::string journal_message(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace milterward::status
