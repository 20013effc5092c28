// SPDX-License-Identifier: Apache-2.0
// Is this server of mine an open relay? Plays the relay battery (policy/doctor) as a
// stranger would. It has no use against servers of others and refuses to be pointed at one:
// only addresses named by --mine are connected to.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "milter/commands/by_hand.h"

namespace milterward::commands {

struct RelayTestArguments {
  std::string server;  // HOST, HOST:PORT or [ADDRESS]:PORT
  std::vector<std::string> mine;
  std::string domain;                   // one that the server takes mail for
  std::string foreign = "example.com";  // one that it does not
  std::string helo;                     // "" for the name of this host
  std::string source;                   // address to come from, or ""
  unsigned patience_s = 30;
  Output output = Output::text;
};

inline constexpr int relays = 2;          // something was accepted for somebody else
inline constexpr int relays_perhaps = 3;  // something was accepted that may be a route

/// 0: everything was refused for good; `failed`: the server did not answer everything.
int relaytest(const RelayTestArguments& arguments);

/// Prints the battery, with its placeholders.
int list_relay_battery();

}  // namespace milterward::commands
