// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/opendkim_engine.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string_view>
#include <system_error>

namespace milterward::backends {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_name = "milterward-opendkim.so";
constexpr const char* symbol = "milterward_opendkim";
constexpr std::string_view or_native = "or write engine = \"native\"";

conf::Complaint missing(const std::vector<fs::path>& directories) {
  std::vector<std::string> names;
  for (const auto& directory : directories) names.push_back(directory.string());
  return {fmt::format("there is no {} in {}", file_name, fmt::join(names, " or ")),
          fmt::format("install the package milterward-opendkim, {}", or_native)};
}

conf::Complaint unloadable(const fs::path& file) {
  return {fmt::format("{} cannot be loaded: {}", file.string(), ::dlerror()),
          fmt::format("install the packages libopendkim11 and milterward-opendkim, {}",
                      or_native)};
}

conf::Complaint foreign(const fs::path& file, std::string_view build) {
  return {fmt::format("{} is of version {}, this is {}", file.string(), build,
                      MILTERWARD_VERSION),
          fmt::format("install milterward-opendkim of the same version, {}", or_native)};
}

}  // namespace

std::vector<fs::path> opendkim_module_directories() {
  std::vector<fs::path> directories;
  std::error_code fault;
  const auto program = fs::read_symlink("/proc/self/exe", fault);
  if (!fault) directories.push_back(program.parent_path());
  directories.emplace_back(MILTERWARD_MODULE_DIR);
  return directories;
}

Result<const OpendkimModule*, conf::Complaint> open_opendkim_module(
    const std::vector<fs::path>& directories) {
  for (const auto& directory : directories) {
    const auto file = directory / file_name;
    std::error_code fault;
    if (!fs::exists(file, fault)) continue;
    // Never closed: a thread may still be inside when the configuration changes.
    void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const auto* module = handle == nullptr
                             ? nullptr
                             : static_cast<const OpendkimModule*>(::dlsym(handle, symbol));
    if (module == nullptr) return Unexpected{unloadable(file)};
    if (module->build != std::string_view{MILTERWARD_VERSION})
      return Unexpected{foreign(file, module->build)};
    return module;
  }
  return Unexpected{missing(directories)};
}

}  // namespace milterward::backends
