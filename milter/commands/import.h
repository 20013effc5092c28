// SPDX-License-Identifier: Apache-2.0
// `milterward import`: the configuration of other daemons as ours.
#pragma once

#include <string>
#include <vector>

#include "milter/commands/by_hand.h"

namespace milterward::commands {

struct ImportArguments {
  /// Daemons, each followed by its files: "opendkim", "/etc/opendkim.conf", ...
  std::vector<std::string> words;
  std::string output_file;  // "" for standard output
  std::string root;         // where "/" of the old host is; "" for this one
  std::string copy_keys;    // directory for copies of the keys; "" for none
  Output output = Output::text;
};

/// What a shell may complete before FILE.
std::string import_daemons();

/// Prints milterward.toml on standard output (or into the file) and what became of
/// everything on standard error; with Output::json one object on standard output instead of
/// both. Returns 0 when there is a configuration that our loader takes, 1 when a file
/// cannot be read or written, 64 for wrong usage, 78 when the loader does not take what
/// came out.
int import(const ImportArguments& arguments);

}  // namespace milterward::commands
