// SPDX-License-Identifier: Apache-2.0
#include "milter/drain.h"

namespace milterward {
namespace {

using namespace std::chrono_literals;

/// How often we look whether the last connection is gone.
constexpr auto tick = 50ms;

/// What a message under way still gets when the limit has passed. Short: whoever is cut
/// sends again.
constexpr auto last_moments = 5s;

/// How long threads may take to notice that their connection was closed.
constexpr auto farewell = 1s;

}  // namespace

Drained drain(front::Front& front, Signals& signals, std::chrono::milliseconds limit) {
  auto& sessions = front.sessions();
  const auto limit_at = std::chrono::steady_clock::now() + limit;
  const auto end_at = limit_at + last_moments;
  Drained drained;
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    const auto wish = signals.next(tick);
    if (sessions.count().all() == 0) return drained;
    if (wish == Wish::stop || now >= end_at) break;
    if (now >= limit_at) drained.idle += sessions.close_idle();
  }
  drained.idle += sessions.close_idle();
  drained.cut = sessions.close_all();
  drained.all_gone = sessions.wait_until_empty(std::chrono::steady_clock::now() + farewell);
  return drained;
}

}  // namespace milterward
