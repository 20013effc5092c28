// SPDX-License-Identifier: Apache-2.0
#include "milter/front/native/native_front.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
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

/// How long a drain waits for who is just coming in.
constexpr auto last_entries = 500ms;

/// So many threads leave something behind that is worth giving back.
constexpr std::size_t crowd = 32;

void log_shortage() noexcept {
  at_c_boundary("accept", 0, [] {
    log_event(Event::connection_refused, {{"reason", "the system gives no more threads"}});
    return 0;
  });
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
  if (!pool_) return;
  ending_ = true;
  stop_accepting();
  // The system may have given no thread.
  if (watchdog_.joinable()) watchdog_.join();
  pool_.reset();
}

void NativeFront::start() {
  const int flags = ::fcntl(socket_.fd(), F_GETFL);
  if (flags < 0 || ::fcntl(socket_.fd(), F_SETFL, flags | O_NONBLOCK) != 0)
    throw std::runtime_error{"the system does not let us listen: " +
                             std::string{std::strerror(errno)}};
  entrance_.emplace(socket_.fd(), most_);
  pool_.emplace(
      *entrance_, sessions_, [this](const auto& seat) { serve(seat); }, linger);
  if (!pool_->attend()) throw std::runtime_error{"the system gives no thread"};
  watchdog_ = std::thread{[this] { watch(); }};
}

void NativeFront::serve(const std::shared_ptr<Seat>& seat) noexcept {
  at_c_boundary("connection", 0, [&] {
    SocketChannel channel{seat, tick_, patience_};
    Conversation{channel, services_, seat}.serve();
    return 0;
  });
  leave(seat);
}

/// The seat goes before the socket: a drain must not shut a descriptor down that is
/// somebody else's by now.
void NativeFront::leave(const std::shared_ptr<Seat>& seat) noexcept {
  const int fd = seat->fd;
  sessions_.leave(seat);
  ::close(fd);
  entrance_->left();
}

/// Of those who came before the entrance was closed. Each has a seat at once, so that a
/// drain sees everybody.
void NativeFront::serve_backlog() noexcept {
  for (int fd = entrance_->from_backlog(); fd >= 0; fd = entrance_->from_backlog()) {
    const auto seat =
        at_c_boundary("accept", WorkerPool::SeatPtr{}, [&] { return sessions_.enter(fd); });
    if (seat && pool_->hand_over(seat)) continue;
    log_shortage();
    if (seat) {
      leave(seat);
    } else {
      ::close(fd);
      entrance_->left();
    }
  }
}

/// Who waits while no thread can be had is told so at once, and not after a time-out.
void NativeFront::refuse_backlog() noexcept {
  for (std::size_t refused = 0; refused < most_; ++refused) {
    const int fd = entrance_->from_backlog();
    if (fd < 0) return;
    ::close(fd);
    entrance_->left();
    log_shortage();
  }
}

/// What a crowd has used goes back to the system once most of it has left; glibc keeps it.
void NativeFront::watch() noexcept {
  for (std::size_t most_threads = 0; !ending_;) {
    std::this_thread::sleep_for(tick_length_);
    sessions_.close_late(++tick_);
    if (!stopping_ && !pool_->attend()) refuse_backlog();
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
  // Who tries from now on finds no socket; who came before still gets a seat. An inherited
  // socket's backlog is left to who listens there next.
  socket_.remove_file();
  entrance_->close();
  const auto until = std::chrono::steady_clock::now() + last_entries;
  while (pool_->waiting() != 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(10ms);
  if (socket_.shared()) return;
  serve_backlog();
  ::shutdown(socket_.fd(), SHUT_RDWR);
}

}  // namespace milterward::front
