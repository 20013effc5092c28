// SPDX-License-Identifier: Apache-2.0
// `milterward attach postfix` and `milterward detach postfix`: shows what main.cf,
// master.cf and milterward.toml need, or need no more, and does it only with --yes.
//
// Order of the writes: the backup, milterward.toml, main.cf, master.cf. Whatever ends the
// work half-way, the files are whole, and detach knows the way back.
#pragma once

#include <string>

#include "milter/commands/explain.h"

namespace milterward::commands {

struct AttachArguments {
  std::string mta;
  std::string config_file;       // milterward.toml
  std::string config_directory;  // of Postfix; "": the default instance
  std::string socket;            // as milter.socket spells it; "": that of the file
  bool applies = false;          // --yes
  bool comes_last = false;
  bool filters_bounces = false;
  Output output = Output::text;
};

int attach_postfix(const AttachArguments& arguments);
int detach_postfix(const AttachArguments& arguments);

}  // namespace milterward::commands
