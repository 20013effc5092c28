// SPDX-License-Identifier: Apache-2.0
// How much an account, a domain or a client may send. [quota], [[quota.class]],
// [[quota.domain]], [[quota.client]], [[quota.egress]]
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "conf/settings/relay.h"
#include "policy/base/mode.h"
#include "policy/mail/network.h"

namespace milterward::conf {

enum class QuotaMeasure {
  messages,
  recipients,
  first_time_recipients,  // to whom the sender has not written for half a year
  bytes,                  // of header and body, as they came
};

/// "messages=100/hour": an hour or a day of the clock; "messages=100/24h": any 24 hours.
struct QuotaLimit {
  std::uint64_t amount = 0;
  QuotaMeasure measure = QuotaMeasure::messages;
  std::chrono::seconds period{0};
  bool is_calendar = false;
  std::string name = {};  // "messages/10m": counters, rules and replies have it
  bool operator==(const QuotaLimit&) const = default;
};

/// What mail meets that would pass a limit.
enum class AtLimit { defer, reject, hold };

struct QuotaPlan {
  std::vector<QuotaLimit> limits;
  AtLimit at_limit;
  bool warm_up;  // whoever is new climbs the ladder
};

struct QuotaClass {
  std::string name;
  QuotaPlan plan;
};

struct QuotaDomain {
  std::vector<DomainPattern> domains;
  QuotaPlan plan;
};

struct QuotaClient {
  std::vector<Network> networks;
  QuotaPlan plan;
};

/// All mail of ours that leaves by one of our own addresses.
struct QuotaEgress {
  std::string address;
  std::vector<DomainPattern> domains;  // of MAIL FROM; empty for all
  QuotaPlan plan;
};

struct QuotaSettings {
  Mode mode;
  std::string default_class;  // of logins to which the directory gives none; "" for none
  std::chrono::milliseconds day_begins;
  std::size_t warn_at;  // percent of a limit; 0 for never
  std::vector<QuotaClass> classes;
  std::vector<QuotaDomain> domains;
  std::vector<QuotaClient> clients;
  std::vector<QuotaEgress> egresses;

  bool counts_anything() const noexcept {
    return !classes.empty() || !domains.empty() || !clients.empty() || !egresses.empty();
  }
};

}  // namespace milterward::conf
