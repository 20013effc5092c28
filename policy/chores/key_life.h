// SPDX-License-Identifier: Apache-2.0
// What becomes of a key next, as a pure function of its standing, of what DNS shows and of
// the time. A key signs only once DNS shows exactly its public half, and its record stays
// until mail that it signed has left all queues:
//
//   new -> published -> active -> retiring -> revoked
//
// From published to active it comes by activation, since that sends others into retirement.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "policy/base/clock.h"
#include "policy/ports/dkim.h"
#include "policy/ports/key_states.h"
#include "policy/sign/key_shown.h"

namespace milterward::chores {

/// One key of a domain, as far as its life goes.
struct LivingKey {
  ports::KeyStanding standing;
  ports::SigningAlgorithm algorithm{};
  sign::Shown shown = sign::Shown::unanswered;
};

/// `key` in its next state; nothing while it stays as it is.
std::optional<ports::KeyStanding> next_standing(const LivingKey& key, WallTime now,
                                                std::chrono::seconds retire_after);

/// What follows from making `selector` sign: it becomes active, and the other active keys
/// of its algorithm retire. Empty when DNS does not show it, or there is no such key.
std::vector<ports::KeyStanding> activation(const std::vector<LivingKey>& keys,
                                           const std::string& selector, WallTime now);

}  // namespace milterward::chores
