// SPDX-License-Identifier: Apache-2.0
// How mail comes in: what the daemon asks of a front, whichever engine speaks the milter
// protocol. The daemon opens the socket and decides when to stop; the front serves.
#pragma once

#include "milter/front/sessions.h"

namespace milterward::front {

class Front {
 public:
  virtual ~Front() = default;

  /// Begins to accept connections, in threads of its own; returns at once. Throws
  /// std::runtime_error when it cannot.
  virtual void start() = 0;

  /// No new connections from now on, those that wait in the backlog excepted; existing ones
  /// are served, further messages too. The listening socket is closed unless it is shared.
  virtual void stop_accepting() = 0;

  virtual Sessions& sessions() noexcept = 0;

  /// The engine ended by itself; it has also sent the process a SIGTERM.
  virtual bool gave_up() const noexcept = 0;
};

}  // namespace milterward::front
