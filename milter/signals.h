// SPDX-License-Identifier: Apache-2.0
// What the administrator asked for by signal. Handlers in the main thread note it in an
// eventfd; every other thread is started with these signals blocked. Not sigwait(): a
// libmilter whose own signal thread could not be replaced sigwaits for the same signals to
// stop itself, and would win whenever the main thread is busy.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace milterward {

enum class Wish { reload, stop };

class Signals {
 public:
  /// SIGHUP is a wish to reload, SIGTERM and SIGINT to stop; SIGPIPE and SIGXFSZ are
  /// ignored: writing fails, and whoever writes says so. Call from
  /// the main thread, once.
  Signals();

  /// The next wish, stops first; waits at most so long for one.
  std::optional<Wish> next(std::chrono::milliseconds patience);
};

/// While it lives, threads are started that get none of these signals.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t former_;
};

}  // namespace milterward
