// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/counters.h"

#include <algorithm>

namespace milterward::ports {
namespace {

/// Into how many slices a rolling window is cut: it may count up to a 24th too long.
constexpr std::int64_t slices_of_rolling = 24;

constexpr std::int64_t divided_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

CountingWindow CountingWindow::calendar(Seconds period, Seconds offset) {
  return {period, 1, offset};
}

CountingWindow CountingWindow::rolling(Seconds period) {
  const auto slice = divided_up(period.count(), slices_of_rolling);
  return {Seconds{slice}, static_cast<unsigned>(divided_up(period.count(), slice) + 1),
          Seconds{0}};
}

Seconds CountingWindow::slice_at(Seconds now) const noexcept {
  const auto since = now - offset;
  const auto whole = since / slice - (since % slice < Seconds{0} ? 1 : 0);
  return whole * slice + offset;
}

Result<HitResult, StoreFault> Reservation::add(std::span<const Hit> hits, Grant grant,
                                               Seconds now, Deadline deadline) {
  auto result = counters_.hit(hits, grant, now, deadline);
  if (result && result->granted)
    for (const auto& hit : hits)
      if (hit.amount != 0) note(hit, hit.window.slice_at(now), result->in_share);
  return result;
}

/// One entry a counter and slice, however many recipients a message has.
void Reservation::note(const Hit& hit, Seconds slice, bool in_share) {
  const auto found = std::ranges::find_if(granted_, [&](const Granted& granted) {
    return granted.slice == slice && granted.in_share == in_share &&
           granted.counter == hit.counter;
  });
  if (found == granted_.end())
    granted_.push_back({hit.counter, hit.window, slice, hit.amount, hit.limit, in_share});
  else
    found->amount += hit.amount;
}

Result<std::monostate, StoreFault> Reservation::commit(Deadline deadline) {
  if (granted_.empty()) return std::monostate{};
  auto kept = counters_.keep(granted_, deadline);
  if (kept) granted_.clear();
  return kept;
}

void Reservation::release() noexcept {
  if (!granted_.empty()) counters_.give_back(granted_);
  granted_.clear();
}

}  // namespace milterward::ports
