// SPDX-License-Identifier: Apache-2.0
#include "tests/support/loopback_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

namespace milterward::tests {
namespace {

constexpr std::uint16_t first = 20000, last = 32000;

/// The reservation's descriptor, or -1 where another test has the port.
int reserve(std::uint16_t port) {
  const auto name = "milterward-test-port-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // after a NUL: abstract
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
  close(fd);
  return -1;
}

bool can_bind(int kind, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool bound =
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return bound;
}

}  // namespace

LoopbackPort::LoopbackPort() {
  std::random_device random;
  std::uniform_int_distribution<std::uint16_t> any{first, last};
  for (int tries = 0; tries < 1000; ++tries) {
    const auto port = any(random);
    const int reservation = reserve(port);
    if (reservation < 0) continue;
    if (can_bind(SOCK_STREAM, port) && can_bind(SOCK_DGRAM, port)) {
      number_ = port;
      reservation_ = reservation;
      return;
    }
    close(reservation);
  }
  throw std::runtime_error{"no free loopback port"};
}

LoopbackPort::~LoopbackPort() { close(reservation_); }

}  // namespace milterward::tests
