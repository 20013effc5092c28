// SPDX-License-Identifier: Apache-2.0
// The socket the MTA connects to, opened by ourselves and not by a milter library: with
// owner, group and mode in place before anybody can connect, and only once we know that no
// other daemon answers there.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "conf/settings/control.h"
#include "conf/settings/milter.h"
#include "policy/base/result.h"

namespace milterward::front {

class ListeningSocket {
 public:
  /// Opens `settings.socket`. A socket file nobody listens on is left over and is replaced;
  /// one that somebody answers, and any other kind of file, is left alone. Needs the rights
  /// of root to give a socket to somebody else. The fault is a sentence for the postmaster.
  static Result<ListeningSocket, std::string> open(const conf::MilterSettings& settings);
  /// A unix socket for another purpose, in the same manner.
  static Result<ListeningSocket, std::string> open(const conf::ControlSettings& settings);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  /// Closes. The file stays: see remove_file.
  ~ListeningSocket();

  int fd() const noexcept { return fd_; }
  /// Inherited (fd:N): others may hold it too, so it must never be shut down.
  bool shared() const noexcept { return shared_; }
  const std::string& name() const noexcept { return name_; }

  /// Of the owner and the group of a unix socket, those that this host does not have: a
  /// sentence each, which begins with the key.
  static std::vector<std::string> unknown_accounts(const conf::MilterSettings& settings);
  static std::vector<std::string> unknown_accounts(const conf::ControlSettings& settings);

  /// Takes the file of a unix socket away, if it is still this socket's and we may.
  void remove_file() const noexcept;

 private:
  ListeningSocket(int fd, std::string name, bool shared);
  void note_file(const std::string& path);

  int fd_;
  bool shared_;
  std::string name_;  // as configured
  std::string path_;  // "": no file
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace milterward::front
