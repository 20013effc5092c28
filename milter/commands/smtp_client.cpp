// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/smtp_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/base/clock.h"
#include "policy/base/deadline.h"

namespace milterward::commands {
namespace {

using ports::SmtpFault;
using ports::SmtpReply;
using ports::SmtpResult;

/// RFC 5321 section 4.5.3.1.5 allows 512; servers write more.
constexpr std::size_t line_limit = 4096;
/// A reply to EHLO has some 20.
constexpr std::size_t lines_limit = 200;

class Socket {
 public:
  explicit Socket(int fd) noexcept : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

SocketAddress socket_address(const IpAddress& address, std::uint16_t port) {
  SocketAddress made;
  const auto octets = address.octets();
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, octets.data(), octets.size());
    std::memcpy(&made.storage, &v4, made.size = sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
    std::memcpy(&made.storage, &v6, made.size = sizeof v6);
  }
  return made;
}

class TcpConnection final : public ports::SmtpConnection {
 public:
  TcpConnection(Socket socket, std::chrono::milliseconds patience, Deadline end)
      : socket_(std::move(socket)), patience_(patience), end_(end) {}

  /// Completes what connect() began, and hears the greeting.
  std::optional<SmtpFault> begin() {
    const auto deadline = next_deadline();
    int error = 0;
    socklen_t size = sizeof error;
    if (!wait_for(POLLOUT, deadline)) return SmtpFault::timed_out;
    if (::getsockopt(socket_.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
      return SmtpFault::not_connected;
    auto greeting = hear();
    if (!greeting) return greeting.fault();
    greeting_ = std::move(*greeting);
    return std::nullopt;
  }

  const SmtpReply& greeting() const noexcept override { return greeting_; }

  std::optional<SmtpFault> send(std::string_view octets) override {
    const auto deadline = next_deadline();
    if (deadline.at() <= clock_.now()) return SmtpFault::timed_out;
    while (!octets.empty()) {
      if (!wait_for(POLLOUT, deadline)) return SmtpFault::timed_out;
      const auto sent = ::send(socket_.fd(), octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EINTR && errno != EAGAIN) return SmtpFault::closed;
      if (sent > 0) octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    return std::nullopt;
  }

  /// Reply-line = code ( SP / "-" ) text CRLF, RFC 5321 section 4.2.1.
  SmtpResult hear() override {
    const auto deadline = next_deadline();
    SmtpReply reply;
    for (std::size_t number = 0; number < lines_limit; ++number) {
      const auto line = read_line(deadline);
      if (!line) return Unexpected{line.fault()};
      const std::string_view text{*line};
      if (text.size() < 3 || !std::all_of(text.begin(), text.begin() + 3, is_digit))
        return Unexpected{SmtpFault::malformed};
      reply.code = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
      if (!reply.text.empty()) reply.text += ' ';
      if (text.size() > 4) reply.text += text.substr(4);
      if (text.size() == 3 || text[3] != '-') return reply;
    }
    return Unexpected{SmtpFault::malformed};
  }

 private:
  Deadline next_deadline() const {
    const auto next = Deadline::after(clock_, patience_);
    return next.at() < end_.at() ? next : end_;
  }

  bool wait_for(short event, Deadline deadline) {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline.at() - clock_.now());
      pollfd poll{socket_.fd(), event, 0};
      const int ready =
          ::poll(&poll, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (ready > 0) return true;
      if (ready == 0 || errno != EINTR) return false;
    }
  }

  Result<std::string, SmtpFault> read_line(Deadline deadline) {
    for (;;) {
      const auto end = buffer_.find('\n');
      if (end != std::string::npos) {
        std::string line{trim(std::string_view{buffer_}.substr(0, end))};
        buffer_.erase(0, end + 1);
        return line;
      }
      if (buffer_.size() > line_limit) return Unexpected{SmtpFault::malformed};
      if (!wait_for(POLLIN, deadline)) return Unexpected{SmtpFault::timed_out};
      std::array<char, line_limit> chunk{};
      const auto got = ::recv(socket_.fd(), chunk.data(), chunk.size(), 0);
      if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
        return Unexpected{SmtpFault::closed};
      if (got > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    }
  }

  Socket socket_;
  std::chrono::milliseconds patience_;
  Deadline end_;
  SystemClock clock_;
  SmtpReply greeting_;
  std::string buffer_;
};

}  // namespace

Result<std::unique_ptr<ports::SmtpConnection>, SmtpFault> TcpSmtpServer::connect() {
  const int family = server_.is_v4() ? AF_INET : AF_INET6;
  Socket socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (socket.fd() < 0) return Unexpected{SmtpFault::not_connected};
  if (source_.known()) {
    const auto source = socket_address(source_, 0);
    if (::bind(socket.fd(), source.get(), source.size) != 0)
      return Unexpected{SmtpFault::not_connected};
  }
  const auto server = socket_address(server_, port_);
  if (::connect(socket.fd(), server.get(), server.size) != 0 && errno != EINPROGRESS)
    return Unexpected{SmtpFault::not_connected};
  auto connection = std::make_unique<TcpConnection>(
      std::move(socket), patience_, Deadline::after(SystemClock{}, longest_));
  if (const auto fault = connection->begin()) return Unexpected{*fault};
  return std::unique_ptr<ports::SmtpConnection>{std::move(connection)};
}

Result<std::vector<IpAddress>, std::string> addresses_of(const std::string& host) {
  if (const auto address = IpAddress::parse(host)) return std::vector{*address};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
    return Unexpected{std::string{::gai_strerror(error)}};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, ::freeaddrinfo};
  std::vector<IpAddress> addresses;
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
    IpAddress address;
    if (entry->ai_family == AF_INET) {
      std::array<std::uint8_t, 4> octets{};
      std::memcpy(octets.data(),
                  &reinterpret_cast<const sockaddr_in*>(entry->ai_addr)->sin_addr,
                  octets.size());
      address = IpAddress::v4(octets);
    } else if (entry->ai_family == AF_INET6) {
      std::array<std::uint8_t, 16> octets{};
      std::memcpy(octets.data(),
                  &reinterpret_cast<const sockaddr_in6*>(entry->ai_addr)->sin6_addr,
                  octets.size());
      address = IpAddress::v6(octets);
    }
    if (address.known() && std::ranges::find(addresses, address) == addresses.end())
      addresses.push_back(address);
  }
  return addresses;
}

}  // namespace milterward::commands
