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

#include <fmt/format.h>

#include "milter/front/descriptor_limit.h"
#include "policy/base/c_boundary.h"
#include "policy/base/sink.h"

namespace milterward::front {
namespace {

using namespace std::chrono_literals;

/// How long a thread without a connection waits for the next.
constexpr auto linger = 3s;

/// How long a drain waits for who is just coming in, however busy the machine is.
constexpr auto last_entries = 5s;

/// So many threads leave something behind that is worth giving back.
constexpr std::size_t crowd = 32;

void log_refused(std::size_t count) noexcept {
  at_c_boundary("accept", 0, [&] {
    log_event(Event::connection_refused,
              {{"reason",
                fmt::format("the system gives no more threads ({} sent away)", count)}});
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
  while (pool_->threads() != 0) {
    sessions_.close_all();
    std::this_thread::sleep_for(10ms);
  }
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
  while (!entrance_->full()) {
    const int fd = entrance_->from_backlog();
    if (fd < 0) return;
    const auto seat =
        at_c_boundary("accept", WorkerPool::SeatPtr{}, [&] { return sessions_.enter(fd); });
    if (seat && pool_->hand_over(seat)) continue;
    if (seat) {
      leave(seat);
      log_refused(1);
    } else {
      ::close(fd);
      entrance_->left();
    }
  }
}

/// Who waits while no thread can be had is told so by and by, and not after the time-out of
/// an MTA.
void NativeFront::refuse_backlog() noexcept {
  std::size_t refused = 0;
  while (refused < most_ && !stopping_ && pool_->waiting() == 0 && !entrance_->full()) {
    const int fd = entrance_->from_backlog();
    if (fd < 0) break;
    ::close(fd);
    entrance_->left();
    ++refused;
  }
  if (refused != 0) log_refused(refused);
}

/// What a crowd has used goes back to the system once most of it has left; glibc keeps it.
void NativeFront::watch() noexcept {
  bool short_of_threads = false;  // for a tick already
  for (std::size_t most_threads = 0; !ending_;) {
    std::this_thread::sleep_for(tick_length_);
    sessions_.close_late(++tick_);
    const bool attended = stopping_ || pool_->attend();
    if (!attended && short_of_threads) refuse_backlog();
    short_of_threads = !attended;
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
  // Who has been let in has a seat once nobody is at the entrance.
  const auto until = std::chrono::steady_clock::now() + last_entries;
  while (pool_->waiting() != 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(10ms);
  if (socket_.shared()) return;
  serve_backlog();
  ::shutdown(socket_.fd(), SHUT_RDWR);
}

}  // namespace milterward::front
