// SPDX-License-Identifier: Apache-2.0
// Two ways of doing one thing, timed against each other: thread CPU time in interleaved
// pairs, since wall time on a shared machine measures the neighbours, and whatever slows
// the processor for a while slows both sides.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace milterward::bench {

struct Quartiles {
  double first = 0, median = 0, third = 0;
};
Quartiles quartiles_of(std::vector<double> values);

/// It makes sure itself that it did what it is timed for.
using Operation = std::function<void()>;

/// CPU seconds of an operation on this thread, done `count` times.
double seconds_of(const Operation& operation, std::size_t count);

/// How often an operation has to be done to take so long.
std::size_t count_for(const Operation& operation, double seconds);

/// One half of a pair: does its work and says how many CPU seconds one operation took.
using Half = std::function<double()>;

/// The operation over and over, about so long.
Half half_of(Operation operation, double seconds);

struct Timing {
  Quartiles a, b;   // seconds of one operation
  Quartiles ratio;  // of the seconds of a to those of b
};
/// Who goes first alternates, so that neither always finds the caches warm.
Timing in_pairs(const Half& a, const Half& b, std::size_t pairs);

}  // namespace milterward::bench
