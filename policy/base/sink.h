// SPDX-License-Identifier: Apache-2.0
// Where log events go. The sink escapes what came from the network; callers never do.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/events.h"

namespace milterward {

/// One field of an event, as `name=value`.
struct LogField {
  std::string_view name;
  std::string value;
};

class Sink {
 public:
  virtual ~Sink() = default;
  /// Takes one event. Never throws, never waits for long: what cannot be written is dropped
  /// and counted.
  virtual void write(Event event, const std::vector<LogField>& fields) noexcept = 0;
};

/// The process's sink; `nullptr` restores the silent one. Set once, before threads start.
/// A single global on purpose: an event of a C callback has nobody to hand it a sink.
void set_sink(Sink* sink) noexcept;

/// Writes to the process's sink. Never throws: with no memory the event is dropped.
void log_event(Event event, const std::vector<LogField>& fields = {}) noexcept;

}  // namespace milterward
