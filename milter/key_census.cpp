// SPDX-License-Identifier: Apache-2.0
#include "milter/key_census.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <tuple>

namespace milterward {
namespace {

constexpr auto between_readings = std::chrono::minutes{5};
constexpr std::size_t most_domains = 10'000;
constexpr auto unusable = "unusable";

/// 1970 where that is not known.
WallTime written_at(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return std::chrono::system_clock::from_time_t(status.st_mtime);
}

void add(std::vector<CountedKey>& keys, const sign::KeyRing& ring) {
  for (const auto& entry : ring.keys())
    keys.push_back({entry.settings.domain.name(), entry.settings.selector,
                    entry.key ? std::string{to_text(ports::KeyState::active)} : unusable,
                    written_at(entry.settings.file)});
}

std::vector<CountedKey> read(ports::KeyStates& states) {
  std::vector<CountedKey> keys;
  const auto domains = states.domains();
  if (!domains) return keys;
  std::size_t left = most_domains;
  for (const auto& domain : *domains) {
    if (left-- == 0) break;
    const auto standings = states.of(domain);
    if (!standings) continue;
    for (const auto& standing : *standings)
      keys.push_back({domain.name(), standing.selector,
                      std::string{to_text(standing.state)}, standing.since});
  }
  return keys;
}

}  // namespace

std::vector<CountedKey> KeyCensus::of_directory(const Services& services) const {
  const auto& directory = services.config->sign.directory;
  if (directory.empty()) return {};
  return shelf_.with([&](Shelf& shelf) {
    const auto now = services.clock->now();
    if (shelf.directory != directory || now - shelf.read_at > between_readings)
      shelf = {directory, now,
               read(*make_cabinet_(directory, services.config->daemon.user).states)};
    return shelf.keys;
  });
}

std::vector<CountedKey> KeyCensus::keys(const Services& services) const {
  auto all = of_directory(services);
  add(all, *services.keys);
  add(all, *services.sealing_keys);
  std::ranges::sort(all, {}, [](const CountedKey& key) {
    return std::tuple{key.state != unusable, key.domain, key.selector};
  });
  return all;
}

std::map<std::string, std::size_t> KeyCensus::counts(const Services& services) const {
  std::map<std::string, std::size_t> counts{{unusable, 0}};
  using ports::KeyState;
  for (const auto state : {KeyState::fresh, KeyState::published, KeyState::active,
                           KeyState::retiring, KeyState::revoked})
    counts[std::string{to_text(state)}] = 0;
  for (const auto& key : keys(services)) ++counts[key.state];
  return counts;
}

}  // namespace milterward
