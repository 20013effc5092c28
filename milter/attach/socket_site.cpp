// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/socket_site.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace milterward::attach {
namespace {

std::optional<Rights> rights_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return Rights{found.st_uid, found.st_gid, found.st_mode & 07777};
}

std::vector<gid_t> groups_of(const char* user, gid_t first) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(user, first, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(user, first, groups.data(), &count) < 0) return {first};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

/// A connection that is taken, or would be if we were allowed to make it.
bool answers(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const bool is_closed_to_us = !connected && (errno == EACCES || errno == EAGAIN);
  ::close(fd);
  return connected || is_closed_to_us;
}

/// What a socket will have that the daemon has yet to make.
std::optional<Rights> rights_to_come(const conf::Config& config,
                                     const std::optional<Rights>& directory) {
  const auto* user = ::getpwnam(config.daemon.user.c_str());
  if (user == nullptr) return {};
  Rights rights{user->pw_uid, user->pw_gid, config.milter.socket_mode};
  const auto* group = config.milter.socket_group.empty()
                          ? nullptr
                          : ::getgrnam(config.milter.socket_group.c_str());
  if (group != nullptr)
    rights.group = group->gr_gid;
  else if (directory && (directory->mode & S_ISGID) != 0)
    rights.group = directory->group;
  return rights;
}

}  // namespace

std::string group_name(gid_t group) {
  const auto* entry = ::getgrgid(group);
  return entry == nullptr ? std::to_string(group) : entry->gr_name;
}

std::optional<SocketSite> look_at_site(const std::string& path, const conf::Config& config,
                                       const std::string& mta_user,
                                       std::string_view queue_directory) {
  const auto* user = ::getpwnam(mta_user.c_str());
  if (user == nullptr) return {};
  SocketSite site;
  site.mta_user = mta_user;
  site.mta_uid = user->pw_uid;
  const auto first = user->pw_gid;
  site.mta_groups = groups_of(mta_user.c_str(), first);
  site.mta_group = group_name(first);
  site.daemon_user = config.daemon.user.empty() ? "root" : config.daemon.user;
  site.directory = path.substr(0, path.rfind('/'));
  site.is_below_queue =
      !queue_directory.empty() && path.starts_with(std::string{queue_directory} + '/');
  site.directory_rights = rights_of(site.directory);
  site.socket_rights = rights_of(path);
  if (!site.socket_rights)
    site.socket_rights = rights_to_come(config, site.directory_rights);
  site.has_listener = answers(path);
  return site;
}

}  // namespace milterward::attach
