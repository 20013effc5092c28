// SPDX-License-Identifier: Apache-2.0
// Whom we ask, and for how long. [dns]
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::conf {

struct DnsServer {
  IpAddress address;
  std::uint16_t port = 53;
  bool operator==(const DnsServer&) const = default;
};

struct DnsSettings {
  std::vector<DnsServer> servers;              // none: those of /etc/resolv.conf
  std::chrono::milliseconds timeout;           // of one question, retries included
  std::chrono::milliseconds message_deadline;  // of all waiting for one message
  std::size_t questions_per_message;           // cached ones included
  std::size_t cache_entries;
  std::string trust_anchor_file;  // "": no DNSSEC validation
  bool operator==(const DnsSettings&) const = default;
};

}  // namespace milterward::conf
