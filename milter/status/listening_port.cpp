// SPDX-License-Identifier: Apache-2.0
#include "milter/status/listening_port.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "conf/listen_address.h"

namespace milterward::status {
namespace {

/// So many connections wait in the system; more are turned away there.
constexpr int backlog = 32;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

std::pair<Address, socklen_t> address_of(const conf::ListenAddress& place) {
  Address address{};
  const auto octets = place.address.octets();
  if (place.address.is_v4()) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(place.port);
    std::ranges::copy(octets, reinterpret_cast<std::uint8_t*>(&address.v4.sin_addr));
    return {address, sizeof address.v4};
  }
  address.v6.sin6_family = AF_INET6;
  address.v6.sin6_port = htons(place.port);
  std::ranges::copy(octets, reinterpret_cast<std::uint8_t*>(&address.v6.sin6_addr));
  return {address, sizeof address.v6};
}

conf::Complaint complaint_about(const std::string& listen, int error) {
  const auto wrong = fmt::format("{} cannot be opened: {}", listen,
                                 std::generic_category().message(error));
  switch (error) {
    case EADDRINUSE:
      return {wrong, "find who has it with: ss -ltnp; stop it, or name another port"};
    case EACCES:
      return {wrong, "name a port from 1024 on, or start the daemon as root"};
    case EADDRNOTAVAIL:
      return {wrong, "name an address of this host"};
    default:
      return {wrong, "name another address and port, or write \"\""};
  }
}

}  // namespace

Result<ListeningPort, conf::Complaint> ListeningPort::open(const std::string& listen) {
  const auto place = conf::parse_listen_address(listen);
  if (!place) return Unexpected{place.fault()};
  const auto [address, size] = address_of(*place);
  ListeningPort port{
      ::socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
      listen};
  const int on = 1;
  ::setsockopt(port.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.any.sa_family == AF_INET6)
    ::setsockopt(port.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (port.fd() < 0 || ::bind(port.fd(), &address.any, size) != 0 ||
      ::listen(port.fd(), backlog) != 0)
    return Unexpected{complaint_about(listen, errno)};
  return port;
}

ListeningPort::~ListeningPort() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace milterward::status
