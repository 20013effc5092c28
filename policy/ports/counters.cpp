// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/counters.h"

#include <algorithm>
#include <utility>

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

Result<HitResult, StoreFault> Reservation::add(std::vector<Hit> hits, Grant grant,
                                               Seconds now, Deadline deadline) {
  auto result = counters_.hit(hits, grant, now, deadline);
  if (!result || !result->granted) return result;
  const auto former = granted_.size();
  granted_.reserve(former + hits.size());
  for (auto& hit : hits)
    if (hit.amount != 0)
      note({std::move(hit.counter), hit.window, hit.window.slice_at(now), hit.amount,
            hit.limit, result->in_share, grant == Grant::with_room_to_spare},
           former);
  return result;
}

/// One entry a counter and slice, however many recipients a message has: what is added
/// together are different counters, so that only the `former` ones are looked through.
void Reservation::note(Granted granted, std::size_t former) {
  const auto end = granted_.begin() + static_cast<std::ptrdiff_t>(former);
  const auto found = std::find_if(granted_.begin(), end, [&](const Granted& other) {
    return other.slice == granted.slice && other.in_share == granted.in_share &&
           other.counter == granted.counter;
  });
  if (found == end)
    granted_.push_back(std::move(granted));
  else
    found->amount += granted.amount;
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
