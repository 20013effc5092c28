// SPDX-License-Identifier: Apache-2.0
#include "milter/control/control_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "milter/control/requests.h"

namespace milterward::control {
namespace {

/// Longer than the daemon waits for its directory and its store.
constexpr timeval answer_patience{120, 0};

struct Socket {
  Socket() : fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  const int fd;
};

}  // namespace

Result<std::string, std::string> ask(const std::string& path, std::string request) {
  const auto fault = [&](std::string_view step) {
    return Unexpected{fmt::format("{}: {}: {}", path, step, std::strerror(errno))};
  };
  const Socket daemon;
  ::setsockopt(daemon.fd, SOL_SOCKET, SO_RCVTIMEO, &answer_patience,
               sizeof answer_patience);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(daemon.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0)
    return fault("is the daemon running?");
  request += '\n';
  if (::send(daemon.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return fault("cannot be written");
  std::string answer;
  std::array<char, 4096> piece{};
  while (answer.size() < answer_limit) {
    const auto got = ::recv(daemon.fd, piece.data(), piece.size(), 0);
    if (got < 0) return fault("does not answer");
    if (got == 0) break;
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace milterward::control
