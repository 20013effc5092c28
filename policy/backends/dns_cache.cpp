// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_cache.h"

#include <algorithm>

#include "policy/base/unreachable.h"

namespace milterward::backends {
namespace {

using namespace std::chrono_literals;
using ports::DnsAnswer;
using ports::DnsFault;
using ports::DnsOutcome;
using ports::DnsResult;

constexpr std::chrono::seconds longest_positive = 1h;
// A postmaster who has just published a missing record should not wait an hour for us.
constexpr std::chrono::seconds longest_negative = 15min;
// Well below the two seconds within which an outage must be over for us too.
constexpr std::chrono::seconds fault_lifetime = 1s;

constexpr std::size_t octets_per_entry = 1024;

std::size_t weight_of(const DnsKey& key, const DnsResult& result) {
  std::size_t octets = 2 * key.name.size();
  if (result) {
    const DnsAnswer& answer = **result;
    octets += answer.addresses.size() * sizeof(IpAddress);
    for (const auto& exchange : answer.exchanges)
      octets += sizeof(exchange) + exchange.host.size();
    for (const auto& text : answer.texts) octets += sizeof(std::string) + text.size();
    for (const auto& name : answer.names) octets += sizeof(std::string) + name.size();
  }
  return 1 + octets / octets_per_entry;
}

}  // namespace

std::chrono::seconds lifetime_of(const DnsResult& result) {
  if (!result) {
    switch (result.fault()) {
      case DnsFault::timed_out:
      case DnsFault::server_failure:
      case DnsFault::bogus:
        return fault_lifetime;
      case DnsFault::bad_name:
      case DnsFault::over_limit:
      case DnsFault::over_budget:
        return 0s;
    }
    unreachable();
  }
  const DnsAnswer& answer = **result;
  switch (answer.outcome) {
    case DnsOutcome::found:
      return std::min(answer.ttl, longest_positive);
    case DnsOutcome::no_data:
    case DnsOutcome::no_domain:
      return std::min(answer.ttl, longest_negative);
  }
  unreachable();
}

void DnsCache::insert(const DnsKey& key, const DnsResult& result, SteadyTime now) {
  entries_.insert(key, result, weight_of(key, result), now, now + lifetime_of(result));
}

}  // namespace milterward::backends
