// SPDX-License-Identifier: Apache-2.0
#include "milter/status/log_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace milterward::status {

void LogSocket::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool LogSocket::connect() noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd_ >= 0 &&
      ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return true;
  close();
  return false;
}

bool LogSocket::send(std::string_view message, int patience_ms) noexcept {
  for (const bool is_first_try : {true, false}) {
    if (fd_ < 0 && !connect()) return false;
    // Of a socket that is connected, it says when the receiver's queue has room.
    pollfd slot{fd_, POLLOUT, 0};
    if (::poll(&slot, 1, patience_ms) == 0) return false;
    const auto sent =
        ::send(fd_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(message.size())) return true;
    if (errno == EAGAIN || errno == EMSGSIZE || !is_first_try) return false;
    close();  // the daemon is another by now
  }
  return false;
}

std::string syslog_message(int priority, std::string_view line) {
  const auto now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  ::strftime(stamp.data(), stamp.size(), "%b %e %H:%M:%S", &local);
  return fmt::format("<{}>{} milterward[{}]: {}", priority, stamp.data(), ::getpid(), line);
}

std::string journal_message(
    const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string message;
  for (const auto& [name, value] : fields) {
    message += name;
    if (value.find('\n') == std::string::npos) {
      message += '=';
    } else {  // a length of eight octets, the lowest first
      message += '\n';
      for (int shift = 0; shift < 64; shift += 8)
        message += static_cast<char>(std::uint64_t{value.size()} >> shift & 0xff);
    }
    message += value;
    message += '\n';
  }
  return message;
}

}  // namespace milterward::status
