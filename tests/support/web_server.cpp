// SPDX-License-Identifier: Apache-2.0
#include "tests/support/web_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;

constexpr int tick_ms = 20;

/// Is the whole request there? Only of those with a Content-Length.
bool is_whole(std::string_view request) {
  constexpr std::string_view length = "Content-Length: ";
  const auto end = request.find("\r\n\r\n");
  const auto at = request.find(length);
  if (end == std::string_view::npos || at == std::string_view::npos) return false;
  const auto size = std::stoul(std::string{request.substr(at + length.size(), 10)});
  return request.size() >= end + 4 + size;
}

bool is_readable(int fd) {
  pollfd slot{fd, POLLIN, 0};
  return ::poll(&slot, 1, tick_ms) == 1;
}

}  // namespace

WebServer::WebServer(std::string status, Manner manner)
    : status_(std::move(status)),
      manner_(manner),
      fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(fd_, 16) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port for a web server");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this] { serve(); }};
}

WebServer::~WebServer() {
  ended_ = true;
  thread_.join();
  ::close(fd_);
}

void WebServer::serve() {
  while (!ended_) {
    if (!is_readable(fd_)) continue;
    const int connection = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve_one(connection);
    ::close(connection);
  }
}

void WebServer::serve_one(int connection) {
  std::string request;
  std::array<char, 4096> piece{};
  bool was_read = false;
  while (!ended_) {
    if (is_readable(connection)) {
      const auto size = ::recv(connection, piece.data(), piece.size(), 0);
      if (size <= 0) return;
      request.append(piece.data(), static_cast<std::size_t>(size));
    }
    if (!was_read && is_whole(request)) {
      was_read = true;
      requests_.with([&](auto& requests) { requests.push_back(request); });
    }
    if (!was_read || manner_ == Manner::is_silent) continue;
    const auto answer =
        manner_ == Manner::drips
            ? "H"
            : "HTTP/1.1 " + status_ + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    if (::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    if (manner_ == Manner::answers) return;
  }
}

std::vector<std::string> WebServer::requests() const {
  return requests_.with([](const auto& requests) { return requests; });
}

std::string WebServer::wait_request(std::size_t count) const {
  const auto until = std::chrono::steady_clock::now() + 20s;
  do {
    const auto all = requests();
    if (all.size() >= count) return all[count - 1];
    std::this_thread::sleep_for(10ms);
  } while (std::chrono::steady_clock::now() < until);
  throw std::runtime_error("the web server was not asked " + std::to_string(count) +
                           " times");
}

}  // namespace milterward::tests
