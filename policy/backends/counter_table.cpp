// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/counter_table.h"

#include <algorithm>

namespace milterward::backends {

using ports::Count;
using ports::Granted;
using ports::Hit;
using ports::Seconds;

Result<ports::HitResult, ports::StoreFault> CounterTable::hit(std::span<const Hit> hits,
                                                              ports::Grant grant,
                                                              Seconds now) {
  const auto limit =
      grant == ports::Grant::with_room_to_spare ? room_to_spare(limit_) : limit_;
  // Looked for only where it matters, near the limit.
  const auto more = counters_.size() + hits.size() > limit ? new_ones(hits) : 0;
  if (more != 0 && counters_.size() + more > limit) make_room(now);
  if (more != 0 && counters_.size() + more > limit)
    return Unexpected{ports::StoreFault{"more counters than memory is set aside for"}};
  ports::HitResult result;
  result.counts.reserve(hits.size());
  std::vector<Counter*> hit_ones;
  hit_ones.reserve(hits.size());
  result.granted = true;
  for (const auto& hit : hits) {
    const auto found = hit.amount == 0 ? counters_.find(hit.counter)  // only read
                                       : counters_.try_emplace(hit.counter).first;
    if (found == counters_.end()) {
      hit_ones.push_back(nullptr);
      result.counts.emplace_back();
      continue;
    }
    auto& counter = found->second;
    counter.window = hit.window;
    forget_past(counter, now);
    hit_ones.push_back(&counter);
    result.counts.push_back(read(counter, hit, now));
    if (grant == ports::Grant::within_limits && !result.counts.back().fits)
      result.granted = false;
  }
  if (!result.granted) return result;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (hits[i].amount == 0) continue;
    slice_of(*hit_ones[i], hits[i].window.slice_at(now)).reserved += hits[i].amount;
    result.counts[i].used += hits[i].amount;
  }
  return result;
}

void CounterTable::give_back(std::span<const Granted> granted) {
  for (const auto& one : granted)
    if (auto* slice = find(one)) slice->reserved -= std::min(slice->reserved, one.amount);
}

void CounterTable::keep(std::span<const Granted> granted) {
  for (const auto& one : granted) {
    // A window may have passed, and been forgotten, while the message was on its way.
    auto& counter = counters_[one.counter];
    counter.window = one.window;
    counter.is_mark = one.is_mark;
    auto& slice = slice_of(counter, one.slice);
    slice.reserved -= std::min(slice.reserved, one.amount);
    slice.kept += one.amount;
    // Of a mark only that it is there matters: it is not written down again and again.
    if (!one.is_mark || slice.kept == one.amount) note_change(one.counter, counter, slice);
  }
}

void CounterTable::unkeep(std::span<const Granted> granted) {
  for (const auto& one : granted) {
    auto* slice = find(one);
    if (slice == nullptr) continue;
    slice->kept -= std::min(slice->kept, one.amount);
    slice->reserved += one.amount;
    note_change(one.counter, counters_[one.counter], *slice);
  }
}

void CounterTable::clear(const std::string& name) {
  const auto found = counters_.find(name);
  if (found == counters_.end()) return;
  for (auto& slice : found->second.slices) {
    slice.kept = 0;
    note_change(name, found->second, slice);
  }
}

void CounterTable::restore(const KeptSlice& kept) {
  auto& counter = counters_[kept.counter];
  counter.window = kept.window;
  counter.is_mark = kept.is_mark;
  slice_of(counter, kept.begin).kept = kept.amount;
}

std::vector<KeptSlice> CounterTable::take_changes() {
  std::vector<KeptSlice> changes;
  for (const auto& name : changed_) {
    const auto found = counters_.find(name);
    if (found == counters_.end()) continue;
    auto& counter = found->second;
    counter.has_changed = false;
    for (auto& slice : counter.slices)
      if (std::exchange(slice.has_changed, false))
        changes.push_back({name, counter.window, slice.begin, slice.kept, counter.is_mark});
  }
  changed_.clear();
  return changes;
}

void CounterTable::put_back(const std::vector<KeptSlice>& changes) {
  for (const auto& change : changes)
    if (const auto found = counters_.find(change.counter); found != counters_.end())
      note_change(change.counter, found->second, slice_of(found->second, change.begin));
}

void CounterTable::forget_past(Seconds now) {
  for (auto& [name, counter] : counters_) forget_past(counter, now);
  std::erase_if(counters_, [](const auto& entry) { return entry.second.slices.empty(); });
}

/// Changes of the past need not be written down either.
void CounterTable::forget_past(Counter& counter, Seconds now) {
  // The oldest is the first to be forgotten.
  if (counter.slices.empty() ||
      counter.window.forgotten_at(counter.slices.front().begin) > now)
    return;
  std::erase_if(counter.slices, [&](const Slice& slice) {
    return counter.window.forgotten_at(slice.begin) <= now;
  });
}

Count CounterTable::read(const Counter& counter, const Hit& hit, Seconds now) {
  const auto counts = [&](const Slice& slice) {
    return counter.window.counts(slice.begin, now);
  };
  Count count;
  for (const auto& slice : counter.slices)
    if (counts(slice)) count.used += slice.kept + slice.reserved;
  count.fits = hit.amount <= hit.limit && count.used <= hit.limit - hit.amount;
  if (count.fits || hit.amount > hit.limit) return count;
  auto too_many = count.used - (hit.limit - hit.amount);
  for (const auto& slice : counter.slices) {
    if (!counts(slice)) continue;
    count.room_at = counter.window.end_of(slice.begin);
    const auto amount = slice.kept + slice.reserved;
    if (amount >= too_many) break;
    too_many -= amount;
  }
  return count;
}

CounterTable::Slice& CounterTable::slice_of(Counter& counter, Seconds begin) {
  const auto place = std::ranges::lower_bound(counter.slices, begin, {}, &Slice::begin);
  if (place != counter.slices.end() && place->begin == begin) return *place;
  return *counter.slices.insert(place, Slice{begin, 0, 0, false});
}

CounterTable::Slice* CounterTable::find(const Granted& granted) {
  const auto counter = counters_.find(granted.counter);
  if (counter == counters_.end()) return nullptr;
  auto& slices = counter->second.slices;
  const auto slice = std::ranges::find(slices, granted.slice, &Slice::begin);
  return slice == slices.end() ? nullptr : &*slice;
}

void CounterTable::note_change(const std::string& name, Counter& counter, Slice& slice) {
  slice.has_changed = true;
  if (!std::exchange(counter.has_changed, true)) changed_.push_back(name);
}

std::size_t CounterTable::new_ones(std::span<const Hit> hits) const {
  return static_cast<std::size_t>(std::ranges::count_if(hits, [&](const Hit& hit) {
    return hit.amount != 0 && !counters_.contains(hit.counter);
  }));
}

/// Looking through a full table takes a while: not for every message.
void CounterTable::make_room(Seconds now) {
  constexpr Seconds pause{60};
  if (now < looked_for_room_at_ + pause && now >= looked_for_room_at_) return;
  looked_for_room_at_ = now;
  forget_past(now);
}

}  // namespace milterward::backends
