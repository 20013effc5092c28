// SPDX-License-Identifier: Apache-2.0
// What attach keeps so that detach can restore main.cf and master.cf byte for byte. A
// directory "milterward-attach" beside main.cf, for its owner alone:
//   main.cf, master.cf                    as they were before, with mode and owner
//   main.cf.attached, master.cf.attached  as attach left them
//   changes.json                          the socket, each parameter before and after, and
//                                         groups that the user of the MTA joined
// Beside main.cf, not below /var/lib/milterward: there the daemon's user could write a
// main.cf of its own for root to restore.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/attach/postfix_plan.h"
#include "milter/attach/whole_file.h"

namespace milterward::attach {

/// The two files of one instance.
struct PostfixFiles {
  WholeFile main;
  WholeFile master;
};

Result<PostfixFiles, std::string> read_files(const std::string& config_directory);
/// Main.cf first.
std::optional<std::string> replace_files(const std::string& config_directory,
                                         const PostfixFiles& files);

/// The files' rights, which postconf forgets: it writes new files with mode 0644.
std::optional<std::string> keep_rights(const std::string& config_directory,
                                       const PostfixFiles& files);

struct Backup {
  std::string address;
  PostfixFiles before;
  PostfixFiles attached;
  std::vector<Change> changes;
  std::vector<std::string> groups;  // that the MTA's user joined

  /// Nobody has touched the files since.
  bool leads_back_from(const PostfixFiles& now) const {
    return now.main.text == attached.main.text && now.master.text == attached.master.text;
  }
};

std::string backup_directory(const std::string& config_directory);
/// Nothing where there is none. The fault: there is one, and it cannot be read.
Result<std::optional<Backup>, std::string> read_backup(const std::string& config_directory);
/// In an order in which what was there before is still usable when it ends half-way.
std::optional<std::string> write_backup(const std::string& config_directory,
                                        const Backup& backup);
std::optional<std::string> remove_backup(const std::string& config_directory);

/// Both, one after the other: before the first, after the last.
std::vector<Change> joined(std::vector<Change> earlier, const std::vector<Change>& later);

}  // namespace milterward::attach
