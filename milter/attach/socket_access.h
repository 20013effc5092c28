// SPDX-License-Identifier: Apache-2.0
// May the mail server's user open our unix socket? Directory and socket need not be there
// yet; then it is asked of those that will be. What is missing becomes a command that a
// postmaster could have typed: the directory below the queue, or membership in a group.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace milterward::attach {

/// A file or directory, as far as rights go.
struct Rights {
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;
};

struct SocketSite {
  std::string directory;
  std::optional<Rights> directory_rights;  // none: it is not there
  std::optional<Rights> socket_rights;     // those it has, or will have; none: not known
  bool is_below_queue = false;
  bool has_listener = false;
  std::string daemon_user;
  std::string mta_user;
  std::string mta_group;  // its first one
  uid_t mta_uid = 0;
  std::vector<gid_t> mta_groups;  // all it is in
};

struct Missing {
  /// Words of a command, and why; "usermod -a -G milterward postfix".
  struct Command {
    std::vector<std::string> words;
    std::string why;
  };
  std::vector<Command> commands;
  std::vector<gid_t> groups;  // that the MTA's user joins by them
  std::vector<std::string> notes;
};

/// `group_name` turns a number into a name.
Missing missing_access(const SocketSite& site,
                       const std::function<std::string(gid_t)>& group_name);

}  // namespace milterward::attach
