// SPDX-License-Identifier: Apache-2.0
// All that the daemon does by the clock, and anew after a reload: each has a thread of its
// own, and all end together.
#pragma once

#include <memory>
#include <utility>

#include "milter/egress_chores.h"
#include "milter/front/current_services.h"
#include "milter/key_chores.h"
#include "milter/report_chores.h"
#include "milter/token_chores.h"
#include "milter/wiring.h"
#include "policy/ports/hook.h"

namespace milterward {

/// The programs that chores call; null where none is named.
struct ChoreHooks {
  std::unique_ptr<ports::Hook> publish;
  std::unique_ptr<ports::Hook> watch;
};

struct Chores {
  /// `services` and `wiring` outlive it. Starts nothing.
  Chores(front::CurrentServices& services, const Wiring& wiring, ChoreHooks hooks)
      : egress(services, std::move(hooks.watch),
               open_state_file(services.get()->config->preflight.watch_state)),
        reports(services, report_tools()),
        tokens(services, wiring),
        keys(services, make_key_cabinet, std::move(hooks.publish), KeyChores::Pace{}) {}

  /// At the start and after a reload: with signals blocked, by one thread.
  void look_now() {
    egress.look_now();
    reports.look_now();
    tokens.look_now();
    keys.look_now();
  }

  EgressChores egress;
  ReportChores reports;
  TokenChores tokens;
  KeyChores keys;
};

}  // namespace milterward
