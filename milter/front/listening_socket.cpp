// SPDX-License-Identifier: Apache-2.0
#include "milter/front/listening_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "milter/front/socket_spec.h"
#include "policy/base/unreachable.h"

namespace milterward::front {
namespace {

using Fault = Unexpected<std::string>;

std::string system_text(int error) { return std::strerror(error); }

/// A descriptor that closes itself unless released.
class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

bool somebody_listens(const std::string& path) {
  const Descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto address = unix_address(path);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) == 0 ||
         errno != ECONNREFUSED;
}

/// Makes room at `path`, or says why there is none.
std::optional<std::string> clear_path(const std::string& path) {
  const auto directory = std::filesystem::path{path}.parent_path().string();
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return fmt::format(
        "the directory {} of the socket does not exist; make it, or let "
        "RuntimeDirectory= of the unit do so",
        directory);
  }
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return fmt::format("{} exists and is not a socket; move it away", path);
  }
  if (somebody_listens(path)) {
    return fmt::format("another process listens on {}; stop it first", path);
  }
  if (::unlink(path.c_str()) != 0) {
    return fmt::format("the left-over socket {} cannot be removed: {}", path,
                       system_text(errno));
  }
  return {};
}

template <class Number>
std::optional<Number> as_number(const std::string& text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return {};
  return number;
}

std::optional<uid_t> user_id(const std::string& name) {
  if (const auto* entry = ::getpwnam(name.c_str())) return entry->pw_uid;
  return as_number<uid_t>(name);
}

std::optional<gid_t> group_id(const std::string& name) {
  if (const auto* entry = ::getgrnam(name.c_str())) return entry->gr_gid;
  return as_number<gid_t>(name);
}

/// To whom a socket file belongs, and the table of the configuration that says so.
struct Ownership {
  std::string_view table;
  const std::string& owner;
  const std::string& group;
  unsigned mode;
};

std::string no_such_user(std::string_view table, const std::string& name) {
  return fmt::format(
      "{}.socket_owner: there is no user \"{}\"; make it, or name another one", table,
      name);
}

std::string no_such_group(std::string_view table, const std::string& name) {
  return fmt::format(
      "{}.socket_group: there is no group \"{}\"; make it, or name another one", table,
      name);
}

/// Owner, group, then mode: until the last step only we may connect. Who owns the directory
/// may put a link in the socket's place meanwhile; what it leads to is none of our
/// business.
std::optional<std::string> hand_over(const std::string& path, const Ownership& wanted) {
  constexpr auto unchanged = static_cast<uid_t>(-1);
  auto owner = unchanged;
  auto group = static_cast<gid_t>(-1);
  if (!wanted.owner.empty()) {
    const auto id = user_id(wanted.owner);
    if (!id) return no_such_user(wanted.table, wanted.owner);
    owner = *id;
  }
  if (!wanted.group.empty()) {
    const auto id = group_id(wanted.group);
    if (!id) return no_such_group(wanted.table, wanted.group);
    group = *id;
  }
  if (::lchown(path.c_str(), owner, group) != 0) {
    return fmt::format("{} cannot be given to {}:{}: {}", path, wanted.owner, wanted.group,
                       system_text(errno));
  }
  if (::fchmodat(AT_FDCWD, path.c_str(), wanted.mode, AT_SYMLINK_NOFOLLOW) != 0) {
    return fmt::format("the mode of {} cannot be set: {}", path, system_text(errno));
  }
  return {};
}

Result<Descriptor, std::string> open_unix(const std::string& path,
                                          const Ownership& wanted) {
  if (const auto wrong = clear_path(path)) return Fault{*wrong};
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto address = unix_address(path);
  const auto former_mask = ::umask(0177);
  const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::umask(former_mask);
  if (bound != 0) {
    return Fault{fmt::format("the socket {} cannot be made: {}", path, system_text(error))};
  }
  if (::listen(socket.get(), SOMAXCONN) != 0) {
    return Fault{fmt::format("{}: listen: {}", path, system_text(errno))};
  }
  if (const auto wrong = hand_over(path, wanted)) {
    ::unlink(path.c_str());
    return Fault{*wrong};
  }
  return socket;
}

Result<Descriptor, std::string> open_inet(const SocketSpec& spec) {
  addrinfo hints{};
  hints.ai_family = spec.kind == SocketSpec::Kind::inet6 ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(spec.port);
  const int error = ::getaddrinfo(spec.host.empty() ? nullptr : spec.host.c_str(),
                                  port.c_str(), &hints, &found);
  if (error != 0) {
    return Fault{fmt::format(
        "milter.socket: the host \"{}\" has no {} address: {}", spec.host,
        spec.kind == SocketSpec::Kind::inet6 ? "IPv6" : "IPv4", ::gai_strerror(error))};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, ::freeaddrinfo};
  Descriptor socket{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return Fault{fmt::format("port {} of \"{}\" cannot be opened: {}", spec.port, spec.host,
                             system_text(errno))};
  }
  return socket;
}

Result<Descriptor, std::string> take_inherited(int fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    return Fault{
        fmt::format("descriptor {} is not a listening socket; is the .socket unit "
                    "started?",
                    fd)};
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return Descriptor{fd};
}

}  // namespace

Result<ListeningSocket, std::string> ListeningSocket::open(
    const conf::MilterSettings& settings) {
  const auto spec = parse_socket_spec(settings.socket);
  if (!spec) return Fault{"milter.socket: " + spec.fault()};
  auto opened = [&]() -> Result<Descriptor, std::string> {
    switch (spec->kind) {
      case SocketSpec::Kind::unix_path:
        return open_unix(spec->path, {"milter", settings.socket_owner,
                                      settings.socket_group, settings.socket_mode});
      case SocketSpec::Kind::inet:
      case SocketSpec::Kind::inet6:
        return open_inet(*spec);
      case SocketSpec::Kind::inherited:
        return take_inherited(spec->fd);
    }
    unreachable();
  }();
  if (!opened) return Fault{opened.fault()};

  ListeningSocket socket{opened->release(), settings.socket,
                         spec->kind == SocketSpec::Kind::inherited};
  if (spec->kind == SocketSpec::Kind::unix_path) socket.note_file(spec->path);
  return socket;
}

Result<ListeningSocket, std::string> ListeningSocket::open(
    const conf::ControlSettings& settings) {
  auto opened = open_unix(settings.socket, {"control", settings.socket_owner,
                                            settings.socket_group, settings.socket_mode});
  if (!opened) return Fault{opened.fault()};
  ListeningSocket socket{opened->release(), "unix:" + settings.socket, false};
  socket.note_file(settings.socket);
  return socket;
}

void ListeningSocket::note_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  path_ = path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

ListeningSocket::ListeningSocket(int fd, std::string name, bool shared)
    : fd_(fd), shared_(shared), name_(std::move(name)) {}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      shared_(other.shared_),
      name_(std::move(other.name_)),
      path_(std::exchange(other.path_, "")),
      device_(other.device_),
      inode_(other.inode_) {}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) ::close(fd_);
}

namespace {

std::vector<std::string> unknown_of(const char* table, const std::string& owner,
                                    const std::string& group) {
  std::vector<std::string> faults;
  if (!owner.empty() && !user_id(owner)) faults.push_back(no_such_user(table, owner));
  if (!group.empty() && !group_id(group)) faults.push_back(no_such_group(table, group));
  return faults;
}

}  // namespace

std::vector<std::string> ListeningSocket::unknown_accounts(
    const conf::MilterSettings& settings) {
  const auto spec = parse_socket_spec(settings.socket);
  if (!spec || spec->kind != SocketSpec::Kind::unix_path) return {};
  return unknown_of("milter", settings.socket_owner, settings.socket_group);
}

std::vector<std::string> ListeningSocket::unknown_accounts(
    const conf::ControlSettings& settings) {
  if (!settings.is_open()) return {};
  return unknown_of("control", settings.socket_owner, settings.socket_group);
}

void ListeningSocket::remove_file() const noexcept {
  struct stat status {};
  if (path_.empty() || ::stat(path_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace milterward::front
