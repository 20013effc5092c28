// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/key_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace milterward::backends {
namespace {

using ports::KeyFault;

constexpr auto directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string reason_of(int error) { return std::generic_category().message(error); }

/// Only root can give away; all others make what is theirs, for themselves.
Ownership ownership_below(const struct stat& directory, std::optional<gid_t> readers) {
  if (::geteuid() != 0) return {::geteuid(), ::getegid(), false};
  if (directory.st_uid != 0) return {directory.st_uid, directory.st_gid, false};
  if (readers) return {0, *readers, true};
  return {0, 0, false};
}

bool give(int file, const Ownership& owner, mode_t own, mode_t groups) {
  if (::geteuid() == 0 && ::fchown(file, owner.user, owner.group) != 0) return false;
  return ::fchmod(file, owner.group_reads ? own | groups : own) == 0;
}

/// A directory below `parent`, made where it is missing, as `owner` wants it; or errno.
Result<FileDescriptor, int> open_or_make(int parent, const std::string& name, int flags,
                                         const Ownership& owner) {
  FileDescriptor found{::openat(parent, name.c_str(), flags)};
  if (found || errno != ENOENT) {
    if (!found) return Unexpected{errno};
    return found;
  }
  const bool is_ours = ::mkdirat(parent, name.c_str(), 0700) == 0;
  if (!is_ours && errno != EEXIST) return Unexpected{errno};  // else another was quicker
  FileDescriptor made{::openat(parent, name.c_str(), flags | O_NOFOLLOW)};
  if (!made || (is_ours && !give(made.get(), owner, 0700, 0050))) return Unexpected{errno};
  return made;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

}  // namespace

KeyFault fault_about(std::string_view path, int error) {
  const auto* way_out = error == EACCES || error == EPERM || error == EROFS
                            ? "; do this as root, or name another directory"
                            : "";
  return {fmt::format("{}: {}{}", path, reason_of(error), way_out)};
}

Result<KeyPlace, KeyFault> open_key_place(const std::string& path, const Domain& domain,
                                          std::optional<gid_t> readers) {
  struct stat state {};
  const auto above = std::filesystem::path{path}.parent_path();
  if (::stat(above.empty() ? "." : above.c_str(), &state) != 0)
    return Unexpected{fault_about(above.string(), errno)};
  const auto top =
      open_or_make(AT_FDCWD, path, directory_flags, ownership_below(state, readers));
  if (!top) return Unexpected{fault_about(path, top.fault())};
  ::fstat(top.value().get(), &state);
  // No link is followed: root may be at work in a directory of somebody else.
  auto directory =
      open_or_make(top.value().get(), domain.name(), directory_flags | O_NOFOLLOW,
                   ownership_below(state, readers));
  if (!directory)
    return Unexpected{fault_about(path + "/" + domain.name(), directory.fault())};
  ::fstat(directory.value().get(), &state);
  return KeyPlace{std::move(directory).value(), ownership_below(state, readers)};
}

int write_whole(const KeyPlace& place, const std::string& name, std::string_view text,
                IfTaken if_taken) {
  const int directory = place.directory.get();
  const auto draft = fmt::format(".{}.{}", name, ::getpid());
  ::unlinkat(directory, draft.c_str(), 0);  // of a process that died
  const FileDescriptor file{::openat(directory, draft.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                                     0600)};
  if (!file) return errno;
  const auto put_in_its_place = [&] {
    return (if_taken == IfTaken::replace
                ? ::renameat(directory, draft.c_str(), directory, name.c_str())
                : ::linkat(directory, draft.c_str(), directory, name.c_str(), 0)) == 0;
  };
  int error = 0;
  if (!give(file.get(), place.owner, 0600, 0040) || !write_all(file.get(), text) ||
      !put_in_its_place())
    error = errno;
  ::unlinkat(directory, draft.c_str(), 0);
  if (error == 0) ::fsync(directory);
  return error;
}

}  // namespace milterward::backends
