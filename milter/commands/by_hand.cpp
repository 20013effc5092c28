// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/by_hand.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "conf/load.h"
#include "milter/commands/files.h"
#include "policy/base/ascii.h"

namespace milterward::commands {
namespace {

constexpr std::size_t shown_limit = 2000;

bool is_installed() {
  std::error_code ignored;  // of a directory we may not enter
  return std::filesystem::exists(default_config_file, ignored);
}

}  // namespace

conf::Config config_of(const ByHand& by_hand) {
  const bool defaults = by_hand.config_file.empty() && !is_installed();
  auto config = defaults ? conf::load_config("", "defaults")
                         : read_config(by_hand.config_file.empty() ? default_config_file
                                                                   : by_hand.config_file);
  if (!config) throw conf::ConfigError{config.fault()};
  return std::move(config).value();
}

std::shared_ptr<Services> services_of(const ByHand& by_hand, const conf::Config& config) {
  std::optional<ZoneFile> zone;
  if (!by_hand.zone_file.empty()) {
    auto text = content_of(by_hand.zone_file);
    if (!text) return nullptr;
    zone = ZoneFile{by_hand.zone_file, std::move(*text)};
  }
  auto services = by_hand.make_services(config, zone);
  if (services) return std::move(services).value();
  for (const auto& fault : services.fault()) fmt::print(stderr, "milterward: {}\n", fault);
  return nullptr;
}

std::optional<std::string> content_of(const std::string& path) {
  if (path == "-") return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  auto text = read_file(path);
  if (text) return std::move(text).value();
  fmt::print(stderr, "{}: {}\n", path, text.fault());
  return std::nullopt;
}

std::string shown(std::string_view text) { return printable(text, shown_limit); }

}  // namespace milterward::commands
