// SPDX-License-Identifier: Apache-2.0
// Settings of a resolver under test.
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "conf/settings/dns.h"

namespace milterward::tests {

inline conf::DnsSettings settings_for(
    std::vector<conf::DnsServer> servers,
    std::chrono::milliseconds timeout = std::chrono::seconds{5}) {
  conf::DnsSettings settings;
  settings.servers = std::move(servers);
  settings.timeout = timeout;
  settings.message_deadline = 4 * timeout;
  settings.cache_entries = 1000;
  return settings;
}

}  // namespace milterward::tests
