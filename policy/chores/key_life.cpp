// SPDX-License-Identifier: Apache-2.0
#include "policy/chores/key_life.h"

#include <algorithm>

#include "policy/base/unreachable.h"

namespace milterward::chores {
namespace {

using ports::KeyStanding;
using ports::KeyState;
using sign::Shown;

KeyStanding in_state(const KeyStanding& key, KeyState state, WallTime now) {
  return {key.selector, state, std::chrono::floor<std::chrono::seconds>(now)};
}

/// What nobody answered says nothing about the record, and one server that does not have it
/// yet does not take it from the others.
bool is_known_to_be_gone(Shown shown) {
  return shown != Shown::yes && shown != Shown::partly && shown != Shown::unanswered;
}

}  // namespace

std::optional<KeyStanding> next_standing(const LivingKey& key, WallTime now,
                                         std::chrono::seconds retire_after) {
  const auto& standing = key.standing;
  switch (standing.state) {
    case KeyState::fresh:
      if (key.shown == Shown::yes) return in_state(standing, KeyState::published, now);
      return std::nullopt;
    case KeyState::published:
      if (is_known_to_be_gone(key.shown)) return in_state(standing, KeyState::fresh, now);
      return std::nullopt;
    case KeyState::retiring:
      if (now >= standing.since + retire_after)
        return in_state(standing, KeyState::revoked, now);
      return std::nullopt;
    case KeyState::active:
    case KeyState::revoked:
      return std::nullopt;
  }
  unreachable();
}

std::vector<KeyStanding> activation(const std::vector<LivingKey>& keys,
                                    const std::string& selector, WallTime now) {
  const auto chosen = std::ranges::find_if(
      keys, [&](const LivingKey& key) { return key.standing.selector == selector; });
  if (chosen == keys.end() || chosen->shown != Shown::yes) return {};
  std::vector<KeyStanding> changes{in_state(chosen->standing, KeyState::active, now)};
  for (const auto& key : keys)
    if (key.standing.selector != selector && key.algorithm == chosen->algorithm &&
        key.standing.state == KeyState::active)
      changes.push_back(in_state(key.standing, KeyState::retiring, now));
  return changes;
}

}  // namespace milterward::chores
