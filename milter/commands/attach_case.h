// SPDX-License-Identifier: Apache-2.0
// What attach and detach know before they write, what they would make of it, and the
// writing itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "milter/attach/backup.h"
#include "milter/attach/own_names.h"
#include "milter/attach/socket_access.h"
#include "milter/attach/socket_site.h"
#include "milter/commands/attach.h"
#include "milter/front/socket_spec.h"

namespace milterward::attach {

/// All that is known before anything is written.
struct Case {
  conf::Config config;
  WholeFile config_text;
  std::string directory;  // of main.cf
  PostfixSetup setup;
  PostfixFiles files;
  std::string address;  // ours
  std::optional<Backup> backup;
};

struct Outcome {
  Plan plan;
  PostfixFiles files;                    // as they would be
  std::string config_text;               // likewise
  std::vector<Missing::Command> to_run;  // first of all
  std::vector<std::string> groups;       // that the user of the MTA joins by them
  bool restores_the_bytes = false;       // of detach

  bool changes(const Case& found) const;
};

/// Throws ConfigError when milterward.toml cannot be used.
Result<Case, std::string> look(const commands::AttachArguments& arguments);

Result<front::SocketSpec, std::string> socket_of(const commands::AttachArguments& arguments,
                                                 const conf::Config& config);

/// Our socket and Postfix's user; nothing where the socket is no file of this host, or
/// there is no such user.
std::optional<SocketSite> site_of(const Case& found, const front::SocketSpec& socket);

/// Files by their paths, tables by postmap.
Readers readers(const std::string& config_directory);

/// The earlier backup where it still leads back, else this moment's.
Backup backup_for(const Case& found, const Outcome& outcome);

/// Why nothing can be written in its place, if so.
std::optional<std::string> link_in_the_way(const Case& found, const Outcome& outcome);

/// Runs the commands and writes the files, in the order that attach.h names. The fault says
/// what has been done, and what has been taken back.
std::optional<std::string> write(const Case& found, const Outcome& outcome);

}  // namespace milterward::attach
