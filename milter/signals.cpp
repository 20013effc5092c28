// SPDX-License-Identifier: Apache-2.0
#include "milter/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace milterward {
namespace {

std::atomic<int> reloads{0};
std::atomic<int> stops{0};
std::atomic<int> wake_up{-1};

void on_signal(int signal) noexcept {
  const int error = errno;
  ++(signal == SIGHUP ? reloads : stops);
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then there is no need to wake anybody.
  [[maybe_unused]] const auto written = ::write(wake_up, &one, sizeof one);
  errno = error;
}

bool take_one(std::atomic<int>& count) noexcept {
  int now = count;
  while (now > 0) {
    if (count.compare_exchange_weak(now, now - 1)) return true;
  }
  return false;
}

}  // namespace

Signals::Signals() {
  wake_up = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) {
    ::sigaction(signal, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::sigaction(signal, &action, nullptr);
}

std::optional<Wish> Signals::next(std::chrono::milliseconds patience) {
  pollfd slot{wake_up, POLLIN, 0};
  if (stops == 0 && reloads == 0 &&
      ::poll(&slot, 1, static_cast<int>(patience.count())) > 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_up, &count, sizeof count);
  }
  if (take_one(stops)) return Wish::stop;
  if (take_one(reloads)) {
    reloads = 0;  // several reloads at once are one
    return Wish::reload;
  }
  return {};
}

SignalsBlocked::SignalsBlocked() noexcept : former_{} {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, &former_);
}

SignalsBlocked::~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

}  // namespace milterward
