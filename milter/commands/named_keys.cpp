// SPDX-License-Identifier: Apache-2.0
#include "milter/commands/named_keys.h"

#include <utility>

namespace milterward::commands {

std::vector<NamedKey> named_keys(const Services& services,
                                 const std::optional<Domain>& domain,
                                 ports::NameServers* servers) {
  std::vector<NamedKey> found;
  for (const auto& entry : services.keys->keys()) {
    const auto& settings = entry.settings;
    if (domain && settings.domain != *domain) continue;
    NamedKey named{&settings, nullptr, sign::Shown::unanswered, "", {}};
    if (entry.key) {
      named.key = *entry.key;
      auto view = sign::look_up_everywhere(
          {*services.dns, servers, services.config->sign.ask_authoritative,
           sign::Silence::passes},
          settings.selector, settings.domain, *named.key,
          Deadline::after(*services.clock, services.config->dns.message_deadline));
      named.shown = view.shown;
      named.servers = std::move(view.servers);
    } else {
      named.trouble = entry.key.fault().reason;
    }
    found.push_back(std::move(named));
  }
  return found;
}

}  // namespace milterward::commands
