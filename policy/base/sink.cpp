// SPDX-License-Identifier: Apache-2.0
#include "policy/base/sink.h"

#include <atomic>

namespace milterward {
namespace {

std::atomic<Sink*> the_sink{nullptr};

}  // namespace

void set_sink(Sink* sink) noexcept { the_sink.store(sink); }

void log_event(Event event, const std::vector<LogField>& fields) noexcept {
  if (auto* sink = the_sink.load()) sink->write(event, fields);
}

}  // namespace milterward
