// SPDX-License-Identifier: Apache-2.0
#include "milter/token_chores.h"

namespace milterward {

void TokenChores::look_now() {
  if (thread_.is_running() || Wiring::lacks_token_keys(*services_.get())) thread_.wake();
}

std::chrono::milliseconds TokenChores::try_again() {
  const auto services = services_.get();
  if (!Wiring::lacks_token_keys(*services)) return longest_pause;
  // What a reload has put there meanwhile has loaded its keys itself, or is tried next.
  if (const auto next = wiring_.with_token_keys(*services))
    services_.replace_if(services, next);
  return between_tries;
}

}  // namespace milterward
