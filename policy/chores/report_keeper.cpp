// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/report_keeper.h"

#include <utility>

#include "policy/chores/report_attempt.h"
#include "policy/chores/report_closing.h"

namespace milterward::chores {
namespace {

using ports::DeliveryState;
using ports::ReportPoint;
using ports::Stored;
using std::chrono::seconds;
using World = ReportKeeper::World;

Stored<ReportKeeper::Tally> send_due(const World& world, std::size_t made) {
  ReportKeeper::Tally tally;
  tally.made = made;
  SilentDns silent;
  while (!world.is_unwanted() && !silent.is_enough()) {
    pass(world, ReportPoint::before_claim);
    const auto now = now_of(world);
    auto claimed = world.store.claim(now, now + report_claim);
    if (!claimed) return Unexpected{claimed.fault()};
    if (!*claimed) break;
    pass(world, ReportPoint::after_claim);
    const auto state = attempt(world, std::move(**claimed), silent);
    if (!state) return Unexpected{state.fault()};
    switch (*state) {
      case DeliveryState::sent:
        ++tally.sent;
        break;
      case DeliveryState::waiting:
        ++tally.waiting;
        break;
      case DeliveryState::failed:
      case DeliveryState::suppressed:
        ++tally.given_up;
        break;
    }
  }
  tally.is_cut_short = silent.is_enough();
  const auto keep = std::chrono::duration_cast<seconds>(world.settings.keep);
  pass(world, ReportPoint::before_forgetting);
  if (const auto gone = world.store.forget_before(now_of(world) - keep); !gone)
    return Unexpected{gone.fault()};
  pass(world, ReportPoint::after_forgetting);
  return tally;
}

}  // namespace

Stored<ReportKeeper::Tally> ReportKeeper::round(const World& world) const {
  const auto made = close_ended_reports(world);
  if (!made) return Unexpected{made.fault()};
  return send_due(world, *made);
}

Stored<ReportKeeper::Tally> ReportKeeper::round_of(
    const World& world, std::vector<ports::OpenReport> ended) const {
  const auto made = close_reports(world, std::move(ended));
  if (!made) return Unexpected{made.fault()};
  return send_due(world, *made);
}

}  // namespace milterward::chores
