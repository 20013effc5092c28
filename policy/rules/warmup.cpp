// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/warmup.h"

#include <algorithm>

namespace milterward::rules {
namespace {

/// A fifth of the day's step, ten at least.
constexpr std::uint64_t share_of_first_times = 5;
constexpr std::uint64_t least_first_times = 10;
/// One or two that come back are nobody's fault.
constexpr std::uint64_t least_bounces = 3;
constexpr std::uint64_t least_bounced_messages = 2;
constexpr std::uint64_t least_complaints = 2;

}  // namespace

bool is_in_trouble(const WarmupState& state) {
  const bool comes_back = state.bounced >= least_bounces &&
                          state.bounced_messages >= least_bounced_messages &&
                          state.bounced * 20 > state.recipients;
  const bool is_unwanted = state.complained >= least_complaints &&
                           state.complained * 1000 > state.sent_this_month;
  return comes_back || is_unwanted;
}

Rung decide_rung(const WarmupState& state, const std::vector<std::uint64_t>& ladder) {
  Rung rung;
  if (state.is_at_plan) return rung;
  if (!state.has_begun) {
    rung.is_found_existing = state.was_seen || state.is_established || state.store_is_young;
    rung.begins = !rung.is_found_existing;
    if (rung.is_found_existing) return rung;
  }
  const auto step = std::min<std::uint64_t>(
      state.climbed - std::min(state.climbed, state.descended), ladder.size());
  rung.is_frozen = is_in_trouble(state);
  rung.step = static_cast<std::size_t>(step);
  if (state.has_begun && state.sent_today == 0 && !state.has_climbed_today) {
    if (state.sent_lately == 0)
      rung.climb = step > 0 ? Climb::down : Climb::stay;
    else if (!rung.is_frozen && step < ladder.size())
      rung.climb = Climb::up;
  }
  if (rung.climb == Climb::up) ++rung.step;
  if (rung.climb == Climb::down) --rung.step;
  if (rung.step == ladder.size()) return rung;
  rung.messages = ladder[rung.step];
  rung.first_time_recipients =
      std::max(*rung.messages / share_of_first_times, least_first_times);
  return rung;
}

std::optional<std::uint64_t> burst_from(const WarmupState& state, std::uint64_t factor) {
  const auto before =
      state.sent_this_month - std::min(state.sent_this_month, state.sent_today);
  const auto days =
      state.active_days - std::min<std::uint64_t>(state.active_days, state.sent_today != 0);
  if (factor == 0) return std::nullopt;
  if (before == 0 || days == 0)
    return state.was_seen_before_today ? std::optional{least_burst} : std::nullopt;
  const auto habit = (before + days - 1) / days;
  return std::max(habit * factor, least_burst);
}

}  // namespace milterward::rules
