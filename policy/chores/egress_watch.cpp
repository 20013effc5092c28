// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/egress_watch.h"

#include <algorithm>
#include <utility>

#include "policy/base/unreachable.h"

namespace milterward::chores {
namespace {

using ChangeKind = EgressChange::Kind;

ChangeKind change_kind(const std::string& list, EgressSays says) {
  const bool is_well = says == EgressSays::well;
  if (list.empty()) return is_well ? ChangeKind::name_mended : ChangeKind::name_broken;
  return is_well ? ChangeKind::delisted : ChangeKind::listed;
}

}  // namespace

std::string_view to_text(ChangeKind kind) noexcept {
  switch (kind) {
    case ChangeKind::listed:
      return "listed";
    case ChangeKind::delisted:
      return "delisted";
    case ChangeKind::name_broken:
      return "name_broken";
    case ChangeKind::name_mended:
      return "name_mended";
    case ChangeKind::unanswered:
      return "unanswered";
  }
  unreachable();
}

void EgressWatch::note_answer(Standing& standing, const EgressAnswer& answer,
                              std::vector<EgressChange>& changes) {
  if (answer.says == EgressSays::nothing) {
    standing.silent_looks = std::min(standing.silent_looks + 1, 3);
    if (standing.silent_looks == 2)
      changes.push_back(
          {ChangeKind::unanswered, answer.address, answer.list, answer.detail});
    return;
  }
  standing.silent_looks = 0;
  const bool was_well = standing.known != EgressSays::ill;
  const bool is_well = answer.says == EgressSays::well;
  standing.known = answer.says;
  standing.detail = answer.detail;
  if (was_well == is_well) return;
  standing.is_restored = false;  // what is told now need not be told as known
  changes.push_back(
      {change_kind(answer.list, answer.says), answer.address, answer.list, answer.detail});
  // A listing that ended before the hook could take it was none for the hook.
  if (!answer.list.empty()) standing.is_to_hand_over = !standing.is_to_hand_over;
}

std::vector<EgressChange> EgressWatch::note(const std::vector<EgressAnswer>& answers) {
  std::vector<EgressChange> changes;
  decltype(points_) next;
  for (const auto& answer : answers) {
    const Point point{answer.address.text(), answer.list};
    auto& entry = next[point];
    entry.first = answer.address;
    if (const auto known = points_.find(point); known != points_.end())
      entry.second = known->second.second;
    note_answer(entry.second, answer, changes);
  }
  points_ = std::move(next);
  return changes;
}

std::vector<EgressChange> EgressWatch::to_hand_over() const {
  std::vector<EgressChange> changes;
  for (const auto& [point, entry] : points_) {
    const auto& [address, standing] = entry;
    if (standing.is_to_hand_over)
      changes.push_back({change_kind(point.second, standing.known), address, point.second,
                         standing.detail});
  }
  return changes;
}

void EgressWatch::handed_over(const EgressChange& change) {
  const auto found = points_.find({change.address.text(), change.list});
  if (found != points_.end()) found->second.second.is_to_hand_over = false;
}

std::vector<EgressPoint> EgressWatch::points() const {
  std::vector<EgressPoint> points;
  for (const auto& [point, entry] : points_) {
    const auto& [address, standing] = entry;
    if (standing.known != EgressSays::nothing)
      points.push_back({address, point.second, standing.known == EgressSays::well,
                        standing.is_to_hand_over, standing.detail});
  }
  return points;
}

void EgressWatch::restore(const std::vector<EgressPoint>& points) {
  for (const auto& point : points)
    points_[{point.address.text(), point.list}] = {
        point.address,
        {point.is_well ? EgressSays::well : EgressSays::ill, point.detail,
         /*silent_looks=*/0, point.is_to_hand_over, /*is_restored=*/true}};
}

std::vector<EgressChange> EgressWatch::take_restored() {
  std::vector<EgressChange> known;
  for (auto& [point, entry] : points_) {
    auto& [address, standing] = entry;
    if (std::exchange(standing.is_restored, false) && standing.known == EgressSays::ill)
      known.push_back({change_kind(point.second, EgressSays::ill), address, point.second,
                       standing.detail});
  }
  return known;
}

std::chrono::milliseconds EgressWatch::pause(std::chrono::milliseconds every,
                                             double chance) const {
  const auto share = 0.9 + 0.2 * std::clamp(chance, 0.0, 1.0);
  const std::chrono::milliseconds usual{
      static_cast<std::int64_t>(static_cast<double>(every.count()) * share)};
  const bool is_to_ask_again = std::ranges::any_of(
      points_, [](const auto& point) { return point.second.second.silent_looks == 1; });
  return is_to_ask_again ? std::min<std::chrono::milliseconds>(usual, second_try) : usual;
}

}  // namespace milterward::chores
