// SPDX-License-Identifier: Apache-2.0
// What every engine of the Counters port must do.
#pragma once

#include <cstddef>
#include <string>

#include "policy/ports/counters.h"

namespace milterward::tests {

/// A day of the clock that began long before the tests' noon.
ports::Hit hit_on(const std::string& counter, std::uint64_t amount, std::uint64_t limit);
inline constexpr ports::Seconds noon{1'790'000'000 / 86400 * 86400 + 43200};
Deadline soon();

/// One message: reserved, and kept or given up. Was it let through?
bool pass_one(ports::Counters& counters, const ports::Hit& hit, bool give_up = false);

/// How many of `attempts` messages, handed in by as many threads at once, are let through;
/// every third of them is given up after it was granted, and does not count.
std::size_t let_through(ports::Counters& counters, const ports::Hit& hit,
                        std::size_t threads, std::size_t attempts);

void check_every_rule_of_counters(ports::Counters& counters);

}  // namespace milterward::tests
