// SPDX-License-Identifier: Apache-2.0
// The thread that looks at the addresses of preflight.egress every preflight.watch_every.
// It begins with the first configuration that names some, and is there until the end. It
// asks through the resolver that mail asks, a few questions at a time, and holds up nobody.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "milter/front/current_services.h"
#include "policy/chores/egress_keeper.h"
#include "policy/ports/hook.h"

namespace milterward {

class EgressChores {
 public:
  /// `hook` runs preflight.watch_hook; null where there is none.
  EgressChores(const front::CurrentServices& services, std::unique_ptr<ports::Hook> hook)
      : services_(services), hook_(std::move(hook)) {}
  /// Ends a look within a moment, and kills the hook.
  ~EgressChores();
  EgressChores(const EgressChores&) = delete;
  EgressChores& operator=(const EgressChores&) = delete;

  /// At the start and after a reload: looks at once, by the configuration that is in force.
  /// May start a thread: with signals blocked. For one thread.
  void look_now();

 private:
  void work();
  void make_a_look(const Services& services);
  bool is_ending();

  const front::CurrentServices& services_;
  const std::unique_ptr<ports::Hook> hook_;
  chores::EgressKeeper keeper_;  // of the thread alone
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;  // this and the next below the mutex
  bool is_to_look_ = false;
  std::thread thread_;
};

}  // namespace milterward
