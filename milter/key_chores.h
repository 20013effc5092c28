// SPDX-License-Identifier: Apache-2.0
// The thread that looks after keys. While sign.rotate_every is set it leads those below
// sign.directory through their lives: one round over all domains after the other, with a
// pause between them that a reload ends. Of the keys that nobody leads, those that
// [[sign.key]] names and those of a directory without rotation, it looks now and then
// whether DNS still shows them, and warns where it does not. Keys in a database cannot be
// counted up.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "milter/chore_thread.h"
#include "milter/commands/keys.h"
#include "milter/front/current_services.h"
#include "policy/ports/hook.h"

namespace milterward {

class KeyChores {
 public:
  struct Pace {
    /// A record that was published is seen in DNS within minutes at best.
    std::chrono::milliseconds between_rounds = std::chrono::minutes{5};
    /// Then sign.publish_hook is killed.
    std::chrono::milliseconds hook_limit = std::chrono::minutes{1};
    /// From the start to the first look at keys that nobody leads: DNS may begin later than
    /// we do.
    std::chrono::milliseconds before_first_look = std::chrono::minutes{5};
    std::chrono::milliseconds between_looks = std::chrono::hours{1};
  };

  /// `hook` runs sign.publish_hook; null where there is none.
  KeyChores(const front::CurrentServices& services, commands::MakeKeyCabinet make_cabinet,
            std::unique_ptr<ports::Hook> hook, Pace pace);
  /// Waits for the key that is looked after now.
  ~KeyChores();
  KeyChores(const KeyChores&) = delete;
  KeyChores& operator=(const KeyChores&) = delete;

  /// Makes the next round at once, the first one at the start. May start a thread: with
  /// signals blocked. For one thread.
  void look_now() { thread_.wake(); }

 private:
  void make_a_round(const Services& services);
  void look_at_named(const Services& services);
  bool is_time_to_look(const Clock& clock);

  const front::CurrentServices& services_;
  const commands::MakeKeyCabinet make_cabinet_;
  const std::unique_ptr<ports::Hook> hook_;
  const Pace pace_;
  std::optional<SteadyTime> next_look_;  // of the thread alone
  ChoreThread thread_;
};

}  // namespace milterward
