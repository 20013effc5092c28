// SPDX-License-Identifier: Apache-2.0
#include "tests/support/configuration.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <string>

#include "conf/load.h"
#include "policy/base/ascii.h"

namespace milterward::tests {

conf::Config configuration(std::string_view keys) {
  std::map<std::string, std::string> tables;
  for (const auto pair : split(keys, ' ')) {
    if (pair.empty()) continue;
    const auto dot = pair.find('.');
    const auto equals = pair.find('=');
    tables[std::string{pair.substr(0, dot)}] += fmt::format(
        "{} = \"{}\"\n", pair.substr(dot + 1, equals - dot - 1), pair.substr(equals + 1));
  }
  std::string toml;
  for (const auto& [table, lines] : tables) toml += fmt::format("[{}]\n{}", table, lines);
  return configuration_from(toml);
}

conf::Config configuration_from(std::string_view toml) {
  auto config = conf::load_config(toml, "test.toml");
  if (config) return std::move(config).value();
  std::string complaints;
  for (const auto& problem : config.fault()) complaints += to_text(problem) + "\n";
  throw std::runtime_error(complaints);
}

}  // namespace milterward::tests
