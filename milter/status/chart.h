// SPDX-License-Identifier: Apache-2.0
// Bars over time, stacked by verdict, as SVG drawn here: no script, nothing loaded. Who
// cannot see it has the same numbers as a table below it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "policy/base/clock.h"
#include "policy/ports/journal_charts.h"

namespace milterward::status {

struct Chart {
  std::string id;     // unique on the page, of letters
  std::string title;  // "The last 24 hours"
  WallTime begin;     // of the first bar
  std::chrono::seconds width{3600};
  std::size_t bars = 24;
  std::vector<ports::JournalSlice> slices;  // those beyond the last bar are left out
};

/// A figure with its caption, legend and table.
std::string figure_of(const Chart& chart);

/// "2026-11-27 09:00", in UTC.
std::string minute_of(WallTime time);

/// The verdicts that there are, from the mildest on; each is a class of the style.
const std::vector<std::string>& verdicts();

}  // namespace milterward::status
