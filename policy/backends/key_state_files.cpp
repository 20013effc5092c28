// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/key_state_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include "policy/backends/key_place.h"
#include "policy/backends/open_directory.h"
#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using ports::KeyFault;
using ports::KeyStanding;

constexpr auto file_name = ".states";
constexpr std::size_t state_limit = 256 * 1024;  // some thousand keys of one domain

std::optional<KeyStanding> standing_of(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto state = ports::parse_key_state(words[1]);
  std::int64_t seconds = 0;
  const auto* end = words[2].data() + words[2].size();
  const auto read = std::from_chars(words[2].data(), end, seconds);
  if (!state || words[0].empty() || read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return KeyStanding{std::string{words[0]}, *state,
                     WallTime{std::chrono::seconds{seconds}}};
}

std::string line_of(const KeyStanding& standing) {
  return fmt::format(
      "{} {} {}\n", standing.selector, to_text(standing.state),
      std::chrono::duration_cast<std::chrono::seconds>(standing.since.time_since_epoch())
          .count());
}

}  // namespace

std::string KeyStateFiles::file_of(const Domain& domain) const {
  return fmt::format("{}/{}/{}", path_, domain.name(), file_name);
}

Result<std::vector<KeyStanding>, KeyFault> KeyStateFiles::of(const Domain& domain) {
  const auto path = file_of(domain);
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::vector<KeyStanding>{};
  if (!file) return Unexpected{fault_about(path, errno)};
  const auto text = read_up_to(file, state_limit);
  if (!text) return Unexpected{fault_about(path, text.fault())};
  std::vector<KeyStanding> standings;
  int number = 0;
  for (const auto line : split(*text, '\n')) {
    ++number;
    if (line.empty()) continue;
    auto standing = standing_of(line);
    if (!standing)
      return Unexpected{KeyFault{
          fmt::format("{}:{}: not SELECTOR STATE SECONDS; mend it, or remove the file, "
                      "after which all keys beside it sign",
                      path, number)}};
    standings.push_back(std::move(*standing));
  }
  std::ranges::sort(standings, {}, &KeyStanding::selector);
  return standings;
}

std::optional<KeyFault> KeyStateFiles::set(const Domain& domain,
                                           const KeyStanding& standing) {
  const auto place = open_key_place(path_, domain, readers_);
  if (!place) return place.fault();
  // Released with the descriptor. Daemon and commands hold it for a moment.
  if (::flock(place.value().directory.get(), LOCK_EX) != 0)
    return fault_about(file_of(domain), errno);
  auto standings = of(domain);
  if (!standings) return standings.fault();
  std::erase_if(*standings, [&](const KeyStanding& other) {
    return other.selector == standing.selector;
  });
  standings->push_back(standing);
  std::ranges::sort(*standings, {}, &KeyStanding::selector);
  std::string text;
  for (const auto& one : *standings) text += line_of(one);
  const auto error = write_whole(place.value(), file_name, text, IfTaken::replace);
  if (error != 0) return fault_about(file_of(domain), error);
  return std::nullopt;
}

Result<std::vector<Domain>, KeyFault> KeyStateFiles::domains() {
  const OpenDirectory directory{::opendir(path_.c_str())};
  if (!directory) return Unexpected{fault_about(path_, errno)};
  std::vector<Domain> domains;
  while (const auto* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] == '.' || entry->d_type == DT_REG) continue;
    if (auto domain = Domain::parse(entry->d_name);
        domain && domain->name() == entry->d_name)
      domains.push_back(std::move(*domain));
  }
  std::ranges::sort(domains);
  return domains;
}

}  // namespace milterward::backends
