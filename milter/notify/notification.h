// SPDX-License-Identifier: Apache-2.0
// An event as those are told who asked for it:
//     {"event": "store.failing", "level": "error", "time": "2026-11-26T13:05:09.123Z",
//      "host": "mx.example.org", "text": "mx.example.org: store.failing store=...",
//      "fields": {"store": "...", "reason": "..."}, "not_told": 0}
// `fields` are those of the log, in a table of their own so that no name of theirs meets
// one of ours; `text` is all of it in words, the member that chat services show; `not_told`
// is how many of this event went untold since the last. ASCII throughout, on one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/clock.h"
#include "policy/base/sink.h"

namespace milterward::notify {

/// Longer values are cut, so that a notification has some 100 KB at the very most.
inline constexpr std::size_t longest_value = 300;

struct Notification {
  std::string json;
  /// "MILTERWARD_EVENT=..." and the like; never anything that a stranger wrote.
  std::vector<std::string> environment;
};

Notification make_notification(Event event, const std::vector<LogField>& fields,
                               std::string_view host, WallTime time, std::size_t not_told);

}  // namespace milterward::notify
