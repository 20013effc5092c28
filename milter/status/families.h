// SPDX-License-Identifier: Apache-2.0
// What is counted, as families of metrics: the names that dashboards and alarms rely on.
// Labels take words of the program and of the configuration only, never an address or a
// domain, so that no stranger can make more of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "milter/status/meter.h"
#include "policy/ports/metric_family.h"

namespace milterward::status {

/// What is so at the moment, beside what was counted.
struct Moment {
  std::size_t idle_connections = 0;
  std::size_t messages_in_flight = 0;
  std::map<std::string, std::size_t> keys_by_state;  // "active", "unusable" ...
  std::size_t domains_with_loaded_keys = 0;
  std::size_t egress_listings = 0;      // pairs of an address and a list
  std::size_t egress_names_broken = 0;  // addresses
  std::uint64_t resident_bytes = 0;
};

std::vector<ports::MetricFamily> families_of(const Meter& meter, const Moment& moment);

}  // namespace milterward::status
