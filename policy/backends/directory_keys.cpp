// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/directory_keys.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "conf/forms.h"
#include "policy/backends/file_stamp.h"
#include "policy/backends/key_files.h"
#include "policy/backends/open_directory.h"

namespace milterward::backends {
namespace {

using ports::DomainKey;
using ports::KeyFault;

constexpr std::string_view ending = ".pem";

KeyFault fault_about(const std::string& path, int error) {
  return {fmt::format("{}: {}; let the daemon's user read it", path,
                      std::generic_category().message(error))};
}

std::vector<std::string> selectors_in(DIR* directory) {
  std::vector<std::string> selectors;
  while (const auto* entry = ::readdir(directory)) {
    std::string_view name{entry->d_name};
    if (name.starts_with('.') || !name.ends_with(ending)) continue;
    name.remove_suffix(ending.size());
    if (!conf::selector.check(name)) selectors.emplace_back(name);
  }
  std::ranges::sort(selectors);
  return selectors;
}

std::string stamp_text_of(const std::string& file) {
  struct stat state {};
  if (::stat(file.c_str(), &state) != 0) return "";
  const auto stamp = FileStamp::of(state);
  return fmt::format("{}:{}:{}:{}:{}.{}", stamp.device, stamp.inode, stamp.size, stamp.mode,
                     stamp.changed_s, stamp.changed_ns);
}

}  // namespace

Result<std::vector<DomainKey>, KeyFault> DirectoryKeys::keys_of(
    const Domain& domain, const std::vector<DomainKey>& former, Deadline) {
  const auto path = fmt::format("{}/{}", path_, domain.name());
  const OpenDirectory directory{::opendir(path.c_str())};
  // A file of that name is a key laid out in another way, for a row of [[sign.key]].
  if (!directory && (errno == ENOENT || errno == ENOTDIR)) {
    // Not the same: nobody can say what is in a directory that is not mounted.
    if (auto fault = trouble()) return Unexpected{std::move(*fault)};
    return std::vector<DomainKey>{};
  }
  if (!directory) return Unexpected{fault_about(path, errno)};
  std::vector<DomainKey> keys;
  for (const auto& selector : selectors_in(directory.get())) {
    const auto file = fmt::format("{}/{}{}", path, selector, ending);
    // Before the file is read: what changes in between is read again.
    const auto stamp = stamp_text_of(file);
    if (stamp.empty() && errno == ENOENT) continue;  // taken away meanwhile
    if (auto key = unchanged(former, selector, stamp)) {
      keys.push_back({selector, file, stamp, std::move(key)});
      continue;
    }
    auto key = KeyFiles{}.load(file);
    if (!key && ::access(file.c_str(), F_OK) != 0 && errno == ENOENT) continue;
    keys.push_back({selector, file, stamp, std::move(key)});
  }
  return keys;
}

std::optional<KeyFault> DirectoryKeys::trouble() const {
  const OpenDirectory directory{::opendir(path_.c_str())};
  if (directory || ::access(path_.c_str(), X_OK) == 0) return std::nullopt;
  return fault_about(path_, errno);
}

}  // namespace milterward::backends
