// SPDX-License-Identifier: Apache-2.0
#include "milter/front/libmilter/libmilter_front.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "milter/front/descriptor_limit.h"
#include "milter/front/libmilter/callbacks.h"
#include "milter/front/libmilter/engine.h"
#include "milter/front/libmilter/threads.h"
#include "milter/front/protocol.h"
#include "policy/base/sink.h"

namespace milterward::front {
namespace {

using namespace std::chrono_literals;

/// In seconds, for a command or a reply under way; the pool waits as long for the next
/// command, and the content of a message may take as long to reach the MTA.
constexpr int patience = 600;
constexpr int patience_of_the_pool = 7200;

/// How long a drain waits for libmilter to accept what is in the backlog already.
constexpr auto backlog_patience = 500ms;

bool has_backlog(int fd) {
  pollfd slot{fd, POLLIN, 0};
  return ::poll(&slot, 1, 0) > 0;
}

/// A socket that listens and to which nobody ever connects: its name is picked by the
/// kernel and told to nobody. Negative when there is no descriptor left for it.
int silent_listener() {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  if (fd >= 0 && ::bind(fd, name, sizeof address.sun_family) == 0 && ::listen(fd, 1) == 0)
    return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

}  // namespace

std::string libmilter_version() {
  unsigned int major = 0;
  unsigned int minor = 0;
  unsigned int patch = 0;
  smfi_version(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

LibmilterFront::LibmilterFront(const ListeningSocket& socket,
                               const CurrentServices& services, conf::Threads threads)
    : socket_(socket), services_(services), threads_(threads) {}

void LibmilterFront::start() {
  if (threads_ == conf::Threads::per_connection) {
    if (const auto reason = why_no_threads_per_connection()) {
      log_event(Event::milter_thread_fallback, {{"reason", *reason}});
    } else {
      use_threads_per_connection(sessions_, most_connections());
    }
  }
  library_fd_ = ::fcntl(socket_.fd(), F_DUPFD_CLOEXEC, 3);
  auto place = fmt::format("fd:{}", library_fd_);
  if (library_fd_ < 0 || smfi_setconn(place.data()) != MI_SUCCESS ||
      !register_callbacks(services_, sessions_)) {
    throw std::runtime_error("libmilter does not take the socket or the callbacks");
  }
  smfi_settimeout(uses_threads_per_connection() ? patience : patience_of_the_pool);
  smfi_setbacklog(SOMAXCONN);
  smfi_setmaxdatasize(protocol::largest_packet);
  if (smfi_opensocket(false) != MI_SUCCESS) {
    throw std::runtime_error("libmilter cannot use the listening socket");
  }
  std::thread{[this] { run_library(); }}.detach();
}

void LibmilterFront::run_library() noexcept {
  smfi_main();
  // Never told to stop, it comes here only after errors it gave up on.
  gave_up_ = true;
  log_event(Event::daemon_failed,
            {{"reason", "libmilter gave up; its own message is in the mail log"}});
  ::kill(::getpid(), SIGTERM);
}

void LibmilterFront::stop_accepting() {
  // Who tries from now on finds no socket; who came before still gets a seat.
  socket_.remove_file();
  const auto until = std::chrono::steady_clock::now() + backlog_patience;
  while (has_backlog(socket_.fd()) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(10ms);
  }
  // Under the same number libmilter finds a socket where nobody comes. Only then may the
  // real one be shut down: errors of accept() would make the library abort all sessions.
  const int silent = silent_listener();
  const bool is_swapped = silent >= 0 && ::dup2(silent, library_fd_) >= 0;
  if (silent >= 0) ::close(silent);
  if (is_swapped && !socket_.shared()) ::shutdown(socket_.fd(), SHUT_RDWR);
}

}  // namespace milterward::front

extern "C" int mi_control_startup(char*) { return 0; }  // signals are the daemon's
