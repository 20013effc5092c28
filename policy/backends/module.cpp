// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/module.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <system_error>

#include "policy/base/guarded.h"

namespace milterward::backends {
namespace {

namespace fs = std::filesystem;

conf::Complaint missing(const ModuleName& name, const std::vector<fs::path>& directories) {
  std::vector<std::string> names;
  for (const auto& directory : directories) names.push_back(directory.string());
  return {fmt::format("there is no {} in {}", name.file, fmt::join(names, " or ")),
          fmt::format("install the package {}, {}", name.package, name.otherwise)};
}

conf::Complaint unloadable(const ModuleName& name, const fs::path& file) {
  return {fmt::format("{} cannot be loaded: {}", file.string(), ::dlerror()),
          fmt::format("install the packages {} and {}, {}", name.libraries, name.package,
                      name.otherwise)};
}

conf::Complaint foreign(const ModuleName& name, const fs::path& file,
                        std::string_view build) {
  return {fmt::format("{} is of version {}, this is {}", file.string(), build,
                      MILTERWARD_VERSION),
          fmt::format("install {} of the same version, {}", name.package, name.otherwise)};
}

using Opened = std::map<fs::path, const void*>;

Result<const void*, conf::Complaint> open_in(const ModuleName& name,
                                             const std::vector<fs::path>& directories,
                                             Opened& opened) {
  for (const auto& directory : directories) {
    const auto file = directory / name.file;
    if (const auto known = opened.find(file); known != opened.end()) return known->second;
    std::error_code fault;
    if (!fs::exists(file, fault)) continue;
    // Never closed: a thread may still be inside when the configuration changes.
    void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const void* exported = handle == nullptr ? nullptr : ::dlsym(handle, name.symbol);
    if (exported == nullptr) return Unexpected{unloadable(name, file)};
    const auto* build = *static_cast<const char* const*>(exported);
    if (build != std::string_view{MILTERWARD_VERSION})
      return Unexpected{foreign(name, file, build)};
    opened.emplace(file, exported);
    return exported;
  }
  return Unexpected{missing(name, directories)};
}

}  // namespace

std::vector<fs::path> module_directories() {
  std::vector<fs::path> directories;
  std::error_code fault;
  const auto program = fs::read_symlink("/proc/self/exe", fault);
  if (!fault) directories.push_back(program.parent_path());
  directories.emplace_back(MILTERWARD_MODULE_DIR);
  return directories;
}

Result<const void*, conf::Complaint> open_module(const ModuleName& name,
                                                 const std::vector<fs::path>& directories) {
  // Once opened it is at hand for a daemon that has given up the right to look there.
  static Guarded<Opened> kept;
  return kept.with([&](auto& opened) { return open_in(name, directories, opened); });
}

}  // namespace milterward::backends
