// SPDX-License-Identifier: Apache-2.0
// What is known of the addresses that mail leaves from, as text that outlives the daemon
// (preflight.watch_state). The first line names the format, each other line is a point:
//
//   milterward egress 1
//   ADDRESS <tab> LIST <tab> well|ill <tab> told|untold <tab> DETAIL
//
// LIST is "ptr" for the address's name. "untold" waits for the hook. Only what somebody has
// said stands there; silence is forgotten. Lists are shown to people under the same names,
// and none of them is called "ptr".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::chores {

/// Some thousand addresses with ten lists each; more is no file of ours.
constexpr std::size_t longest_egress_state = 4 * 1024 * 1024;

struct EgressPoint {
  IpAddress address;
  std::string list;  // "" for the address's name
  bool is_well = false;
  bool is_to_hand_over = false;
  std::string detail;
  bool operator==(const EgressPoint&) const = default;
};

/// Points whose texts would break a line are left out: they are told of once more.
std::string egress_state(const std::vector<EgressPoint>& points);

/// Nothing when it is not such a text, whole.
std::optional<std::vector<EgressPoint>> parse_egress_state(std::string_view text);

}  // namespace milterward::chores
