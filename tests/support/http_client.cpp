// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace milterward::tests {

int connect_http(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{30, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  ::close(fd);
  return -1;
}

HttpAnswer send_http(std::uint16_t port, const std::string& request) {
  const int fd = connect_http(port);
  if (fd < 0) return {};
  (void)::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = ::recv(fd, piece.data(), piece.size(), 0)) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  ::close(fd);
  HttpAnswer answer;
  if (text.starts_with("HTTP/1.1 ")) answer.status = std::atoi(text.c_str() + 9);
  const auto end = text.find("\r\n\r\n");
  answer.header = text.substr(0, end);
  if (end != std::string::npos) answer.body = text.substr(end + 4);
  return answer;
}

HttpAnswer get_http(std::uint16_t port, const std::string& target,
                    const std::string& fields) {
  return send_http(port,
                   "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
}

}  // namespace milterward::tests
