// SPDX-License-Identifier: Apache-2.0
#include "policy/auth/dnsbl/list_watch.h"

namespace milterward::auth {

bool ListWatch::is_to_be_told(const FaultyList& faulty, SteadyTime now) {
  return told_.with([&](auto& told) {
    const auto [entry, is_new] = told.emplace(std::pair{faulty.list, faulty.fault}, now);
    if (!is_new && now - entry->second < silence) return false;
    entry->second = now;
    return true;
  });
}

}  // namespace milterward::auth
