// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/files.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "conf/load.h"
#include "conf/network_checks.h"
#include "milter/commands/client_authorities.h"
#include "milter/commands/default_gateways.h"

namespace milterward::commands {
namespace {

/// What the text alone does not show: where this host's own gateways are.
void warn_of_gateways(conf::Config& config) {
  for (const auto& finding : conf::check_gateways(config.relay, default_gateways()))
    config.warnings.push_back(
        config.places.problem(finding.place, {finding.wrong, finding.way_out}));
}

/// Nor which authorities the mail server trusts.
void warn_of_authorities(conf::Config& config) {
  if (config.relay.certificates.empty()) return;
  for (const auto& doubt : doubtful_trust())
    config.warnings.push_back(config.places.problem(
        "relay.certificate[0]",
        {fmt::format("{}: who gets one of them to issue the same names may relay", doubt),
         "let the mail server trust your own authority alone"}));
}

}  // namespace

/// Not by an ifstream, whose iterators throw where a directory has the name.
Result<std::string, std::string> read_file(const std::string& path) {
  const auto cannot = [](int error) {
    return Unexpected{fmt::format("cannot be read: {}", std::strerror(error))};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"),
                                                             std::fclose};
  if (!file) return cannot(errno);
  std::string content;
  std::array<char, 65536> piece{};
  while (const auto got = std::fread(piece.data(), 1, piece.size(), file.get()))
    content.append(piece.data(), got);
  if (std::ferror(file.get()) != 0) return cannot(errno);
  return content;
}

Result<conf::Config, std::vector<conf::ConfigProblem>> read_config(
    const std::string& path) {
  const auto text = read_file(path);
  if (text) {
    auto config = conf::load_config(*text, path);
    if (config) {
      warn_of_gateways(*config);
      warn_of_authorities(*config);
    }
    return config;
  }
  conf::ConfigProblem problem;
  problem.file = path;
  problem.wrong = text.fault();
  std::error_code ignored;  // of a directory we may not enter
  if (std::filesystem::is_directory(path, ignored))
    problem.way_out = "name a file in it";
  else if (std::filesystem::exists(path, ignored))
    problem.way_out = "let the daemon's user read it";
  else
    problem.way_out = "make it, for example from `milterward config-reference sample`";
  return Unexpected{std::vector{problem}};
}

}  // namespace milterward::commands
