// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "conf/load.h"
#include "conf/network_checks.h"
#include "milter/commands/default_gateways.h"

namespace milterward::commands {
namespace {

/// What the text alone does not show: where this host's own gateways are.
void warn_of_gateways(conf::Config& config) {
  for (const auto& finding : conf::check_gateways(config.relay, default_gateways()))
    config.warnings.push_back(
        config.places.problem(finding.place, {finding.wrong, finding.way_out}));
}

}  // namespace

Result<std::string, std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  std::string content{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad() || (content.empty() && errno != 0)) {
    return Unexpected{
        fmt::format("cannot be read: {}", std::strerror(errno == 0 ? EIO : errno))};
  }
  return content;
}

Result<conf::Config, std::vector<conf::ConfigProblem>> read_config(
    const std::string& path) {
  const auto text = read_file(path);
  if (text) {
    auto config = conf::load_config(*text, path);
    if (config) warn_of_gateways(*config);
    return config;
  }
  conf::ConfigProblem problem;
  problem.file = path;
  problem.wrong = text.fault();
  std::error_code ignored;  // of a directory we may not enter
  problem.way_out = std::filesystem::exists(path, ignored)
                        ? "let the daemon's user read it"
                        : "make it, for example from `milterward config-reference sample`";
  return Unexpected{std::vector{problem}};
}

}  // namespace milterward::commands
