// SPDX-License-Identifier: Apache-2.0
// How the daemon ends. A filter that closes a connection costs the MTA the rest of that
// SMTP session: 451, or mail that passes unfiltered. So existing connections are served on,
// further messages too, until the MTA closes them; only when `drain.limit` has passed, or
// at a second SIGTERM, are they closed, the idle ones first.
#pragma once

#include <chrono>
#include <cstddef>

#include "milter/front/front.h"
#include "milter/signals.h"

namespace milterward {

struct Drained {
  std::size_t idle = 0;  // closed between messages
  std::size_t cut = 0;   // closed within a message
  bool all_gone = true;  // else threads are still at work
};

/// Blocks until the end. The front has to have stopped accepting.
Drained drain(front::Front& front, Signals& signals, std::chrono::milliseconds limit);

}  // namespace milterward
