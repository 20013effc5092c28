// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/entrance.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

namespace milterward::front {
namespace {

using namespace std::chrono_literals;

/// A pause when the system gives no descriptor, no memory or no connection; who tries
/// meanwhile waits in the backlog.
constexpr auto shortage_pause = 50ms;

/// One thread is told of the listener, which then is silent until it is armed again; who
/// is told in vain, since another process took the connection, finds out by accept4.
epoll_event armed(int listener) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.fd = listener;
  return event;
}

}  // namespace

Entrance::Entrance(int listener, std::size_t most)
    : listener_(listener),
      most_(most),
      closing_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      waiting_fd_(closing_fd_ < 0 ? -1 : ::epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event closing{};
  closing.events = EPOLLIN;
  closing.data.fd = closing_fd_;
  auto event = armed(listener_);
  if (closing_fd_ >= 0 && waiting_fd_ >= 0 &&
      ::epoll_ctl(waiting_fd_, EPOLL_CTL_ADD, closing_fd_, &closing) == 0 &&
      ::epoll_ctl(waiting_fd_, EPOLL_CTL_ADD, listener_, &event) == 0)
    return;
  const std::string reason = std::strerror(errno);
  for (const int fd : {closing_fd_, waiting_fd_})
    if (fd >= 0) ::close(fd);
  throw std::runtime_error{"the system does not let us listen: " + reason};
}

Entrance::~Entrance() {
  ::close(waiting_fd_);
  ::close(closing_fd_);
}

void Entrance::arm() noexcept {
  auto event = armed(listener_);
  while (::epoll_ctl(waiting_fd_, EPOLL_CTL_MOD, listener_, &event) != 0 && !closed_)
    std::this_thread::sleep_for(shortage_pause);
}

int Entrance::next(std::chrono::milliseconds patience) noexcept {
  while (!closed_) {
    epoll_event event{};
    const int told =
        ::epoll_wait(waiting_fd_, &event, 1, static_cast<int>(patience.count()));
    if (told < 0 && errno == EINTR) continue;
    if (told < 0) std::this_thread::sleep_for(shortage_pause);
    if (told <= 0 || event.data.fd != listener_) return -1;
    const int fd = accept();
    // At any time the listener is armed, or one thread is between being told and here, or
    // it is full: who makes it so leaves the listener silent, and the one whose leaving
    // makes room again arms it.
    const bool full = fd >= 0 && ++open_ >= most_;
    if (!full) arm();
    if (fd >= 0) return fd;
  }
  return -1;
}

int Entrance::from_backlog() noexcept {
  const int fd = accept();
  if (fd >= 0) ++open_;
  return fd;
}

int Entrance::accept() noexcept {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0 || errno == EAGAIN) return fd;
    if (errno == ECONNABORTED || errno == EINTR) continue;  // there may be others
    std::this_thread::sleep_for(shortage_pause);
    return -1;
  }
}

void Entrance::left() noexcept {
  if (open_-- == most_) arm();
}

void Entrance::close() noexcept {
  closed_ = true;
  ::eventfd_write(closing_fd_, 1);
}

}  // namespace milterward::front
