// SPDX-License-Identifier: Apache-2.0
// What a shell has to know to complete a command line of ours: printed from the command
// line as it is declared in main.cpp, so that no list of options can lag behind it.
// Packages take the printed files when they are built.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace milterward::commands {

/// "bash", "zsh", "fish".
std::vector<std::string> completion_shells();

/// Prints the completion of `app` for one of these shells.
int completion(const CLI::App& app, const std::string& shell);

}  // namespace milterward::commands
