// SPDX-License-Identifier: Apache-2.0
#include "milter/front/libmilter/threads.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "milter/front/libmilter/callbacks.h"
#include "milter/front/libmilter/engine.h"
#include "policy/base/c_boundary.h"
#include "policy/base/guarded.h"
#include "policy/base/sink.h"

namespace milterward::front {
namespace {

/// Where a session keeps its socket: internal to libmilter 8.17, so it is tried out first.
constexpr std::size_t socket_offset = 8;

/// Virtual size; only the pages that are used cost memory. The verifiers need about 200 KB.
constexpr std::size_t stack_size = 1024 * 1024;

/// An MTA that says nothing for so long has forgotten us. Longer than an SMTP session may
/// pause (RFC 5321 section 4.5.3.2: 5 minutes).
constexpr int longest_silence_ms = 600'000;

/// The same from MAIL on: either MTA takes the whole content in before it shows us any of
/// it, and a large message over a slow line takes what it takes.
constexpr int longest_silence_in_a_message_ms = 7'200'000;

using StartSession = int(smfi_str*);

struct Threads {
  Sessions* sessions = nullptr;
  std::size_t most = 0;
  Guarded<std::unordered_map<const smfi_str*, std::shared_ptr<Seat>>> seats;
};
Threads threads;
std::atomic<bool> in_use{false};

int socket_of(const smfi_str* context) {
  int fd = -1;
  std::memcpy(&fd, reinterpret_cast<const char*>(context) + socket_offset, sizeof fd);
  return fd;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

/// The other end of a connection has been closed. (Its number may be another file's by
/// now.)
bool sees_the_end(int fd) {
  char octet = 0;
  return ::recv(fd, &octet, 1, MSG_DONTWAIT) == 0;
}

/// Sendmail sends macros and command in two segments; without an immediate ACK for the
/// first, Nagle's algorithm holds the second back for 40 ms. The kernel forgets the option,
/// so it is set again before each wait. Fails harmlessly on a unix socket.
void acknowledge_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/// False when the MTA stayed silent for too long.
bool wait_for_command(const Seat& seat) {
  acknowledge_at_once(seat.fd);
  pollfd slot{seat.fd, POLLIN, 0};
  const int longest_ms =
      seat.in_message ? longest_silence_in_a_message_ms : longest_silence_ms;
  for (;;) {
    const int ready = ::poll(&slot, 1, longest_ms);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void serve(smfi_str* context, const Seat& seat) {
  while (mi_engine(context) == session_goes_on) {
    if (wait_for_command(seat)) continue;
    close_session(context);
    return;
  }
}

void* run_session(void* argument) {
  auto* context = static_cast<smfi_str*>(argument);
  at_c_boundary("session", 0, [&] {
    const auto seat = seat_of(context);
    serve(context, *seat);
    threads.seats.with([&](auto& seats) { seats.erase(context); });
    // The seat goes last but for the socket: a drain that sees no seat ends the process,
    // and must not shut a descriptor down that is somebody else's by now.
    threads.sessions->leave(seat);
    return 0;
  });
  mi_clr_ctx(context);
  return nullptr;
}

bool start_thread(smfi_str* context) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, stack_size);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const int error = ::pthread_create(&thread, &attributes, run_session, context);
  ::pthread_attr_destroy(&attributes);
  return error == 0;
}

/// A session libmilter just accepted. Always answers "started": told of a failure, the
/// library would stop altogether after a few.
int start_session(smfi_str* context) {
  const auto seat = threads.sessions->enter(socket_of(context));
  threads.seats.with([&](auto& seats) { seats.emplace(context, seat); });
  if (!start_thread(context)) {
    threads.seats.with([&](auto& seats) { seats.erase(context); });
    threads.sessions->leave(seat);
    mi_clr_ctx(context);
    log_event(Event::connection_refused, {{"reason", "the system gives no more threads"}});
    return 0;
  }
  threads.sessions->wait_for_room(threads.most);
  return 0;
}

}  // namespace

std::optional<std::string> why_no_threads_per_connection() {
  const auto* pool = ::dlsym(RTLD_NEXT, "mi_start_session");
  const auto* first = ::dlsym(RTLD_DEFAULT, "mi_start_session");
  if (pool == nullptr || first == pool) {
    return "libmilter has no mi_start_session that can be replaced";
  }
  // A session of zeroes but for the socket, for the library to clear: it must close exactly
  // that socket. Were the place another one, the library would find descriptor 0 in it, so
  // that one is kept safe. The memory is malloc's because the library frees it.
  constexpr std::size_t larger_than_any_session = 65536;
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return "no sockets for the self-test";
  }
  auto* context = static_cast<char*>(std::calloc(1, larger_than_any_session));
  if (context == nullptr) return "no memory for the self-test";
  std::memcpy(context + socket_offset, pair.data(), sizeof(int));
  const int kept = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  mi_clr_ctx(reinterpret_cast<smfi_str*>(context));
  const bool as_expected = sees_the_end(pair[1]);
  if (kept >= 0) {
    if (!is_open(STDIN_FILENO)) ::dup2(kept, STDIN_FILENO);
    ::close(kept);
  }
  ::close(pair[1]);  // and not the first, which is the library's, closed or not
  if (!as_expected) return "libmilter keeps its sockets elsewhere than version 8.17 does";
  return {};
}

void use_threads_per_connection(Sessions& sessions, std::size_t most) {
  threads.sessions = &sessions;
  threads.most = most;
  in_use = true;
}

bool uses_threads_per_connection() noexcept { return in_use; }

std::shared_ptr<Seat> seat_of(const smfi_str* context) {
  return threads.seats.with([&](const auto& seats) -> std::shared_ptr<Seat> {
    const auto found = seats.find(context);
    return found == seats.end() ? nullptr : found->second;
  });
}

}  // namespace milterward::front

extern "C" int mi_start_session(smfi_str* context) {
  using namespace milterward;
  using namespace milterward::front;
  if (!in_use) {
    static auto* const pool =
        reinterpret_cast<StartSession*>(::dlsym(RTLD_NEXT, "mi_start_session"));
    return pool(context);
  }
  return at_c_boundary("mi_start_session", 0, [&] { return start_session(context); });
}
