// SPDX-License-Identifier: Apache-2.0
// The thread that looks at the addresses of preflight.egress every preflight.watch_every.
// It begins with the first configuration that names some, and is there until the end. It
// asks through the resolver that mail asks, a few questions at a time, and holds up nobody.
#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <utility>

#include "milter/chore_thread.h"
#include "milter/front/current_services.h"
#include "policy/chores/egress_keeper.h"
#include "policy/ports/hook.h"
#include "policy/ports/state_file.h"

namespace milterward {

class EgressChores {
 public:
  /// `hook` runs preflight.watch_hook; null where there is none.
  /// `state` keeps what is known; null for nothing.
  EgressChores(const front::CurrentServices& services, std::unique_ptr<ports::Hook> hook,
               std::unique_ptr<ports::StateFile> state)
      : services_(services),
        hook_(std::move(hook)),
        state_(std::move(state)),
        thread_(
            "egress chores", [this] { return make_a_look(); }, longest_pause) {}
  /// Ends a look within a moment, and kills the hook.
  ~EgressChores();
  EgressChores(const EgressChores&) = delete;
  EgressChores& operator=(const EgressChores&) = delete;

  /// At the start and after a reload: looks at once, by the configuration that is in force.
  /// May start a thread: with signals blocked. For one thread.
  void look_now();

 private:
  /// Without addresses, or after a bug, the next reload is what matters.
  static constexpr std::chrono::hours longest_pause{1};

  std::chrono::milliseconds make_a_look();
  void make_a_look(const Services& services);

  const front::CurrentServices& services_;
  const std::unique_ptr<ports::Hook> hook_;
  const std::unique_ptr<ports::StateFile> state_;
  chores::EgressKeeper keeper_;  // this and the next of the thread alone
  std::minstd_rand random_{std::random_device{}()};
  ChoreThread thread_;
};

}  // namespace milterward
