// SPDX-License-Identifier: Apache-2.0
// Looks at the addresses that mail leaves from as receivers do: has each a name that leads
// back to it (RFC 8601 section 3), and do lists in DNS (RFC 5782) speak against it? What
// changed is logged, and listings are handed to a program of the postmaster's. Answers by
// which lists say that they do not serve us (127.255.255.0/24 and the like) are no listings
// (policy/auth/dnsbl).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conf/settings/dnsbl.h"
#include "policy/base/clock.h"
#include "policy/chores/egress_watch.h"
#include "policy/mail/network.h"
#include "policy/ports/resolver.h"
#include "policy/ports/state_file.h"

namespace milterward::chores {

class EgressKeeper {
 public:
  /// All that one look uses; none of it is kept.
  struct World {
    const std::vector<Network>& egress;       // single addresses
    const std::vector<conf::DnsList>& lists;  // rows of kind "allow" are left out
    std::chrono::milliseconds patience;       // of the questions about one address
    ports::Resolver& dns;
    const Clock& clock;
    /// Nothing, or why the program did not take it; it is called again after the next
    /// look then. Null where there is none.
    std::function<std::optional<std::string>(const EgressChange&)> hook;
    /// True once nobody wants the look any more: what it found is forgotten.
    std::function<bool()> is_unwanted;
    ports::StateFile* state;  // null: nothing is kept
  };

  /// One look at one address after the other. Waits for DNS and for the hook.
  void look(const World& world);

  /// Until the next look; EgressWatch::pause().
  std::chrono::milliseconds pause(std::chrono::milliseconds every, double chance) const {
    return watch_.pause(every, chance);
  }

 private:
  void hand_over(const World& world);
  void read_state(ports::StateFile& state);
  void write_state(ports::StateFile& state);

  EgressWatch watch_;
  bool has_read_ = false;
  std::string written_;  // as it is in the file
};

}  // namespace milterward::chores
