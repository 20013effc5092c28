// SPDX-License-Identifier: Apache-2.0
// Modules: parts of the house that are opened when the configuration asks for them, so that
// no other daemon has their libraries mapped, or needs their packages. A module finds the
// rest of the house in the program that opens it, so both must be of one build.
#pragma once

#include <filesystem>
#include <vector>

#include "conf/problem.h"
#include "policy/base/result.h"

namespace milterward::backends {

struct ModuleName {
  const char* file;       // "milterward-opendkim.so"
  const char* symbol;     // of a struct that begins with `const char* build`
  const char* package;    // that has the file
  const char* libraries;  // packages that have what it is linked with
  const char* otherwise;  // how to do without, "or write ..."
};

/// Beside the program, as in the build tree, or where CMake installs it.
std::vector<std::filesystem::path> module_directories();

/// Opens the module in the first of the directories that has it; once opened it stays.
/// Fault: what is missing, and which package has it.
Result<const void*, conf::Complaint> open_module(
    const ModuleName& name, const std::vector<std::filesystem::path>& directories);

}  // namespace milterward::backends
