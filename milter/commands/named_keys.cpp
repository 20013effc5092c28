// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/named_keys.h"

namespace milterward::commands {

std::vector<NamedKey> named_keys(const Services& services,
                                 const std::optional<Domain>& domain) {
  std::vector<NamedKey> found;
  for (const auto& entry : services.keys->keys()) {
    const auto& settings = entry.settings;
    if (domain && settings.domain != *domain) continue;
    NamedKey named{&settings, nullptr, sign::Shown::unanswered, ""};
    if (entry.key) {
      named.key = *entry.key;
      named.shown = sign::look_up_shown(
          *services.dns, settings.selector, settings.domain, *named.key,
          Deadline::after(*services.clock, services.config->dns.message_deadline));
    } else {
      named.trouble = entry.key.fault().reason;
    }
    found.push_back(std::move(named));
  }
  return found;
}

}  // namespace milterward::commands
