// SPDX-License-Identifier: Apache-2.0
#include "milter/attach/milter_probe.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace milterward::attach {
namespace {

using AnswerKind = ProbeAnswer::Kind;

/// Length, command, version 6, all actions and steps an MTA may offer.
constexpr std::array<std::uint8_t, 17> offer{0, 0, 0, 13,   'O',  0,    0,    0,   6,
                                             0, 0, 1, 0xff, 0x00, 0x1f, 0xff, 0xff};
constexpr std::array<std::uint8_t, 5> quit{0, 0, 0, 1, 'Q'};
/// Length, command and version, actions, steps.
constexpr std::size_t answer_size = 17;

struct Target {
  sockaddr_storage address{};
  socklen_t size = 0;
};

AnswerKind kind_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return AnswerKind::no_socket;
    case EACCES:
    case EPERM:
      return AnswerKind::no_permission;
    case ECONNREFUSED:
      return AnswerKind::nobody_listens;
    case ETIMEDOUT:
    case EAGAIN:
      return AnswerKind::silent;
    default:
      return AnswerKind::failed;
  }
}

/// What the child says: a kind, and errno where the system refused.
struct Report {
  std::uint8_t kind = 0;
  int error = 0;
};

Report report(AnswerKind kind, int error = 0) {
  return {static_cast<std::uint8_t>(kind), error};
}

std::optional<Target> unix_target(std::string_view path) {
  Target target;
  auto* address = reinterpret_cast<sockaddr_un*>(&target.address);
  if (path.empty() || path.size() >= sizeof address->sun_path) return std::nullopt;
  address->sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address->sun_path);
  target.size = sizeof(sockaddr_un);
  return target;
}

/// "HOST:PORT", "[HOST]:PORT", "PORT@HOST", "PORT".
std::optional<Target> inet_target(std::string_view text) {
  std::string host{"127.0.0.1"};
  std::string port{text};
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    port = text.substr(0, at);
    host = text.substr(at + 1);
  } else if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list{found, ::freeaddrinfo};
  Target target;
  std::memcpy(&target.address, list->ai_addr, list->ai_addrlen);
  target.size = list->ai_addrlen;
  return target;
}

/// Of names, asked for before a chroot hides the resolver's files.
std::optional<Target> target_of(std::string_view address) {
  const auto colon = address.find(':');
  if (colon == std::string_view::npos)
    return address.starts_with('/') ? unix_target(address) : std::nullopt;
  const auto scheme = address.substr(0, colon);
  const auto rest = address.substr(colon + 1);
  if (scheme == "unix" || scheme == "local") return unix_target(rest);
  if (scheme == "inet" || scheme == "inet6") return inet_target(rest);
  return std::nullopt;
}

/// Nothing when all went well, else errno.
int become(const ProbeAs& as) {
  if (!as.directory.empty() && ::chdir(as.directory.c_str()) != 0) return errno;
  if (!as.root.empty() && ::chroot(as.root.c_str()) != 0) return errno;
  if (as.groups.empty()) return 0;
  if (::setgroups(as.groups.size(), as.groups.data()) != 0 ||
      ::setgid(as.groups.front()) != 0 || ::setuid(as.user) != 0)
    return errno;
  return 0;
}

bool wait_for(int fd, short event, std::chrono::milliseconds patience) {
  pollfd waited{fd, event, 0};
  return ::poll(&waited, 1, static_cast<int>(patience.count())) == 1;
}

Report connect_and_negotiate(const Target& target, std::chrono::milliseconds patience) {
  const int fd =
      ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return report(AnswerKind::failed, errno);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&target.address), target.size) != 0) {
    if (errno != EINPROGRESS) return report(kind_of(errno), errno);
    if (!wait_for(fd, POLLOUT, patience)) return report(AnswerKind::silent, ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return report(kind_of(error), error);
  }
  if (::send(fd, offer.data(), offer.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(offer.size()))
    return report(AnswerKind::no_filter, errno);
  std::array<std::uint8_t, answer_size> answer{};
  std::size_t got = 0;
  while (got < answer.size()) {
    if (!wait_for(fd, POLLIN, patience)) return report(AnswerKind::silent);
    const auto read = ::recv(fd, answer.data() + got, answer.size() - got, 0);
    if (read <= 0) return report(AnswerKind::no_filter, read < 0 ? errno : 0);
    got += static_cast<std::size_t>(read);
  }
  ::send(fd, quit.data(), quit.size(), MSG_NOSIGNAL);
  const bool is_negotiation = answer[0] == 0 && answer[1] == 0 && answer[4] == 'O';
  return report(is_negotiation ? AnswerKind::answers : AnswerKind::no_filter);
}

[[noreturn]] void probe_in_child(int pipe, const Target& target, const ProbeAs& as) {
  const int error = become(as);
  const auto said = error != 0 ? report(AnswerKind::failed, error)
                               : connect_and_negotiate(target, as.patience);
  const auto written = ::write(pipe, &said, sizeof said);
  ::_exit(written == sizeof said ? 0 : 1);
}

}  // namespace

ProbeAnswer probe_milter(const std::string& address, const ProbeAs& as) {
  const auto target = target_of(address);
  if (!target) return {AnswerKind::failed, fmt::format("{} is no address", address)};
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return {AnswerKind::failed, std::strerror(errno)};
  const auto child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    probe_in_child(pipe[1], *target, as);
  }
  ::close(pipe[1]);
  Report said;
  const bool is_whole = child > 0 && ::read(pipe[0], &said, sizeof said) == sizeof said;
  ::close(pipe[0]);
  if (child > 0) ::waitpid(child, nullptr, 0);
  if (!is_whole) return {AnswerKind::failed, "the process that tried it ended early"};
  return {static_cast<AnswerKind>(said.kind),
          said.error == 0 ? "" : std::strerror(said.error)};
}

}  // namespace milterward::attach
