// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/pairs.h"

#include <algorithm>
#include <utility>

#include "tests/support/processor_time.h"

namespace milterward::bench {

Quartiles quartiles_of(std::vector<double> values) {
  std::ranges::sort(values);
  const auto n = values.size();
  return {values[n / 4], values[n / 2], values[n * 3 / 4]};
}

double seconds_of(const Operation& operation, std::size_t count) {
  const auto begin = tests::processor_seconds();
  for (std::size_t i = 0; i < count; ++i) operation();
  return (tests::processor_seconds() - begin) / static_cast<double>(count);
}

std::size_t count_for(const Operation& operation, double seconds) {
  std::size_t count = 1;
  // Twice as many each time: the last try is long enough to tell.
  while (seconds_of(operation, count) * static_cast<double>(count) < seconds / 2)
    count *= 2;
  return count * 2;
}

Half half_of(Operation operation, double seconds) {
  const auto count = count_for(operation, seconds);
  return [operation = std::move(operation), count] { return seconds_of(operation, count); };
}

Timing in_pairs(const Half& a, const Half& b, std::size_t pairs) {
  std::vector<double> of_a, of_b, ratios;
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const bool a_first = pair % 2 == 0;
    if (a_first) of_a.push_back(a());
    of_b.push_back(b());
    if (!a_first) of_a.push_back(a());
    ratios.push_back(of_a.back() / of_b.back());
  }
  return {quartiles_of(of_a), quartiles_of(of_b), quartiles_of(ratios)};
}

}  // namespace milterward::bench
