// SPDX-License-Identifier: Apache-2.0
// `milterward doctor DOMAIN`: what is wrong with how a domain sends and receives mail, why
// it matters, and what to publish instead.
#pragma once

#include <string>
#include <vector>

#include "milter/commands/by_hand.h"

namespace milterward::commands {

struct DoctorArguments {
  std::string patient;                 // a domain
  std::vector<std::string> addresses;  // that its mail leaves from
  std::vector<std::string> selectors;
  std::vector<std::string> lists;  // zones, beside those of the configuration
  bool tries_tls = false;          // connects to the exchangers
};

inline constexpr int has_faults = 2;  // something is wrong
inline constexpr int is_not_known =
    3;  // nothing was found, but not everything was answered

/// 0: healthy, with or without advice.
int doctor(const DoctorArguments& arguments, const ByHand& by_hand);

}  // namespace milterward::commands
