// SPDX-License-Identifier: Apache-2.0
// Where does a sender stand on the ladder, and does it climb today? Reads what the store
// remembers of it; the counting is done elsewhere.
//
// It climbs one step with the first message of each day on which it sends, unless
// it is frozen; after idle days it begins one step lower instead. Beyond the last step its
// plan rules alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace milterward::rules {

/// What is known of a sender: an account, a domain or an address of ours.
struct WarmupState {
  bool is_at_plan = false;  // promoted, or known from before it could have been new
  bool has_begun = false;   // it is or was on the ladder
  bool was_seen = false;    // it sent before it could begin
  bool was_seen_before_today = false;
  bool is_established = false;  // the directory says so
  bool store_is_young = false;
  std::uint64_t climbed = 0;    // steps up
  std::uint64_t descended = 0;  // steps down
  bool has_climbed_today = false;
  std::uint64_t sent_today = 0;
  std::uint64_t sent_lately = 0;  // within the idle days, today included
  std::uint64_t sent_this_month = 0;
  std::uint64_t recipients = 0;        // of what it sent within a month
  std::uint64_t bounced = 0;           // of these recipients
  std::uint64_t bounced_messages = 0;  // some of whose recipients did
  std::uint64_t complained = 0;        // messages
  std::uint64_t active_days = 0;       // of this month, today included once it sent
};

/// Fewer messages a day are nobody's burst.
inline constexpr std::uint64_t least_burst = 50;

enum class Climb { stay, up, down };

struct Rung {
  /// It is taken as existing from now on.
  bool is_found_existing = false;
  bool begins = false;
  Climb climb = Climb::stay;
  bool is_frozen = false;
  std::size_t step = 0;                   // from 0, with the climb
  std::optional<std::uint64_t> messages;  // a day; none: the plan rules alone
  std::uint64_t first_time_recipients = 0;
};

Rung decide_rung(const WarmupState& state, const std::vector<std::uint64_t>& ladder);

/// For more than a twentieth of the recipients mail came back, three at least and of two
/// messages (a single recipient can claim it for all of one), or more than a thousandth of
/// the messages was complained about, two at least.
bool is_in_trouble(const WarmupState& state);

/// So many messages a day are a burst: `factor` times what it sent on an average day of
/// those on which it did within a month, and more than anybody may send without being
/// looked at; this alone for one that was silent for so long. None for one that never sent.
std::optional<std::uint64_t> burst_from(const WarmupState& state, std::uint64_t factor);

}  // namespace milterward::rules
