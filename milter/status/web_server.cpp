// SPDX-License-Identifier: Apache-2.0
#include "milter/status/web_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "milter/status/http_request.h"
#include "policy/base/c_boundary.h"
#include "policy/base/clock.h"

namespace milterward::status {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t thread_count = 3;
/// For all of a request, and for all of an answer.
constexpr auto request_patience = 5s;
constexpr auto longest_write = 15s;

/// Until the socket can do `what`; false at `until`, or when the server ends.
bool waits_until_it_can(short what, int connection, int ends, SteadyTime until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> waiting{{{connection, what, 0}, {ends, POLLIN, 0}}};
    const int ready =
        ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count()));
    if (ready < 0) continue;  // a signal
    return ready > 0 && waiting[1].revents == 0;
  }
}

/// Up to the empty line, or what came until it was too much; "" where none came in time.
std::string read_header(int connection, int ends) {
  std::string header;
  std::array<char, 2048> piece{};
  const auto until = std::chrono::steady_clock::now() + request_patience;
  while (header.size() <= longest_request) {
    if (!waits_until_it_can(POLLIN, connection, ends, until)) return {};
    const auto got = ::recv(connection, piece.data(), piece.size(), 0);
    if (got <= 0) return {};
    header.append(piece.data(), static_cast<std::size_t>(got));
    if (const auto end = header.find("\r\n\r\n"); end != std::string::npos)
      return header.substr(0, end + 4);
  }
  return header;
}

void write_all(int connection, int ends, std::string_view text) {
  const auto until = std::chrono::steady_clock::now() + longest_write;
  while (!text.empty() && waits_until_it_can(POLLOUT, connection, ends, until)) {
    const auto sent =
        ::send(connection, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
    if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

IpAddress address_of(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, text.data(),
                text.size());
  else if (from.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr,
                text.data(), text.size());
  return IpAddress::parse(text.data()).value_or(IpAddress{});
}

}  // namespace

WebServer::WebServer(int socket, Answer answer)
    : socket_(socket), answer_(std::move(answer)), ends_(::eventfd(0, EFD_CLOEXEC)) {
  if (ends_ < 0) throw std::runtime_error{"status.listen: no descriptors left"};
  for (std::size_t i = 0; i < thread_count; ++i) threads_.emplace_back([this] { serve(); });
}

WebServer::~WebServer() {
  ::eventfd_write(ends_, 1);
  for (auto& thread : threads_) thread.join();
  ::close(ends_);
}

void WebServer::serve() noexcept {
  for (;;) {
    std::array<pollfd, 2> waiting{{{socket_, POLLIN, 0}, {ends_, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[1].revents != 0) return;
    // Another thread may have been faster.
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int connection =
        ::accept4(socket_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) continue;
      if (::poll(&waiting[1], 1, 100) > 0) return;  // no descriptors left, perhaps
      continue;
    }
    at_c_boundary("status", 0, [&] {
      serve_one(connection, address_of(from));
      return 0;
    });
    ::shutdown(connection, SHUT_WR);
    ::close(connection);
  }
}

void WebServer::serve_one(int connection, const IpAddress& client) const {
  const auto header = read_header(connection, ends_);
  if (header.empty()) return;
  constexpr int too_large = 431;
  if (header.size() > longest_request)
    return write_all(connection, ends_, refusal(too_large));
  const auto request = strained(header);
  write_all(connection, ends_,
            request ? answer_(*request, client) : refusal(request.fault()));
}

}  // namespace milterward::status
