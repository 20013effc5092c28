// SPDX-License-Identifier: Apache-2.0
// The thread that looks after the keys below sign.directory while sign.rotate_every is set:
// one round over all domains after the other, with a pause between them.
#pragma once

#include <memory>

#include "milter/chore_thread.h"
#include "milter/commands/keys.h"
#include "milter/front/current_services.h"
#include "policy/ports/hook.h"

namespace milterward {

class KeyChores {
 public:
  /// `hook` runs sign.publish_hook; null where there is none. Call it with signals blocked.
  KeyChores(const front::CurrentServices& services, commands::MakeKeyCabinet make_cabinet,
            std::unique_ptr<ports::Hook> hook);
  /// Waits for the key that is looked after now.
  ~KeyChores();
  KeyChores(const KeyChores&) = delete;
  KeyChores& operator=(const KeyChores&) = delete;

 private:
  void make_a_round(const Services& services);

  const front::CurrentServices& services_;
  const commands::MakeKeyCabinet make_cabinet_;
  const std::unique_ptr<ports::Hook> hook_;
  ChoreThread thread_;
};

}  // namespace milterward
