// SPDX-License-Identifier: Apache-2.0
// The thread that tries again to load keys out of tokens that were away when the daemon
// started; mail of their domains waits meanwhile. It is there from the first such start or
// reload on. Keys that were loaded once need no thread: their token is met again when they
// are to sign.
#pragma once

#include <chrono>

#include "milter/chore_thread.h"
#include "milter/front/current_services.h"
#include "milter/wiring.h"

namespace milterward {

class TokenChores {
 public:
  /// Both outlive it.
  TokenChores(front::CurrentServices& services, const Wiring& wiring)
      : services_(services), wiring_(wiring) {}
  TokenChores(const TokenChores&) = delete;
  TokenChores& operator=(const TokenChores&) = delete;

  /// At the start and after a reload. May start a thread: with signals blocked. For one
  /// thread.
  void look_now();

 private:
  /// A token that is put back is used within so long.
  static constexpr std::chrono::seconds between_tries{10};
  /// With nothing to load, the next reload is what matters.
  static constexpr std::chrono::hours longest_pause{1};

  std::chrono::milliseconds try_again();

  front::CurrentServices& services_;
  const Wiring& wiring_;
  ChoreThread thread_{"token chores", [this] { return try_again(); }, between_tries};
};

}  // namespace milterward
