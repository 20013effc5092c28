// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/native_front.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "milter/front/descriptor_limit.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward::front {
namespace {

using namespace std::chrono_literals;

/// How long a thread without a connection waits for the next.
constexpr auto linger = 3s;

/// A pause when the system gives no descriptor, no memory or no connection; who tries
/// meanwhile waits in the backlog.
constexpr auto shortage_pause = 50ms;

/// How long a drain waits for the acceptor to take what is in the backlog already.
constexpr auto backlog_patience = 500ms;

/// So many threads leave something behind that is worth giving back.
constexpr std::size_t crowd = 32;

/// Nobody is there, or no longer. Any other error may come again at once, and for ever.
bool is_about_one_connection(int error) {
  return error == EAGAIN || error == ECONNABORTED || error == EINTR;
}

}  // namespace

NativeFront::NativeFront(const ListeningSocket& socket, const CurrentServices& services,
                         Patience patience, std::chrono::milliseconds tick)
    : socket_(socket),
      services_(services),
      patience_(patience),
      tick_length_(tick),
      most_(most_connections()) {}

NativeFront::~NativeFront() {
  if (wake_fd_ < 0) return;
  ending_ = true;
  stop_accepting();
  // The system may have given no threads.
  if (acceptor_.joinable()) acceptor_.join();
  if (watchdog_.joinable()) watchdog_.join();
  pool_.reset();
  ::close(wake_fd_);
}

void NativeFront::start() {
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int flags = ::fcntl(socket_.fd(), F_GETFL);
  if (wake_fd_ < 0 || flags < 0 || ::fcntl(socket_.fd(), F_SETFL, flags | O_NONBLOCK) != 0)
    throw std::runtime_error{"the system does not let us listen: " +
                             std::string{std::strerror(errno)}};
  pool_.emplace([this](const auto& seat) { serve(seat); }, linger);
  accepting_ = true;
  acceptor_ = std::thread{[this] { accept_connections(); }};
  watchdog_ = std::thread{[this] { watch(); }};
}

/// Until told to stop, and then until the backlog is empty; that of an inherited socket is
/// left to who listens there next.
void NativeFront::accept_connections() noexcept {
  std::array<pollfd, 2> waits{{{socket_.fd(), POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
  while (!stopping_) {
    sessions_.wait_for_room(most_);
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR)
      std::this_thread::sleep_for(shortage_pause);
    if ((waits[0].revents & POLLIN) != 0) accept_one();
  }
  if (!socket_.shared()) {
    while (accept_one()) {
    }
    ::shutdown(socket_.fd(), SHUT_RDWR);
  }
  accepting_ = false;
}

/// True when somebody was there. Who is accepted has a seat at once, so that a drain sees
/// everybody.
bool NativeFront::accept_one() noexcept {
  const int fd = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) {
    if (!is_about_one_connection(errno)) std::this_thread::sleep_for(shortage_pause);
    return false;
  }
  std::shared_ptr<Seat> seat;
  const bool served = at_c_boundary("accept", false, [&] {
    seat = sessions_.enter(fd);
    return pool_->hand_over(seat);
  });
  if (served) return true;
  if (seat) sessions_.leave(seat);
  ::close(fd);
  at_c_boundary("accept", false, [] {
    log_event(Event::connection_refused, {{"reason", "the system gives no more threads"}});
    return true;
  });
  std::this_thread::sleep_for(shortage_pause);
  return true;
}

void NativeFront::serve(const std::shared_ptr<Seat>& seat) noexcept {
  at_c_boundary("connection", 0, [&] {
    SocketChannel channel{seat, tick_, patience_};
    Conversation{channel, services_, seat}.serve();
    return 0;
  });
  // The seat goes before the socket: a drain must not shut a descriptor down that is
  // somebody else's by now.
  const int fd = seat->fd;
  sessions_.leave(seat);
  ::close(fd);
}

/// What a crowd has used goes back to the system once most of it has left; glibc keeps it.
void NativeFront::watch() noexcept {
  for (std::size_t most_threads = 0; !ending_;) {
    std::this_thread::sleep_for(tick_length_);
    sessions_.close_late(++tick_);
    const auto threads = pool_->threads();
    most_threads = std::max(most_threads, threads);
    if (most_threads >= crowd && threads <= most_threads / 4) {
      ::malloc_trim(0);
      most_threads = threads;
    }
  }
}

void NativeFront::stop_accepting() {
  if (stopping_.exchange(true)) return;
  // Who tries from now on finds no socket; who came before still gets a seat.
  socket_.remove_file();
  ::eventfd_write(wake_fd_, 1);
  const auto until = std::chrono::steady_clock::now() + backlog_patience;
  while (accepting_ && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(10ms);
}

}  // namespace milterward::front
