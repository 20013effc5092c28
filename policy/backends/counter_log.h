// SPDX-License-Identifier: Apache-2.0
// What was kept since the last checkpoint, appended to a file before a message is accepted.
// One line a message:
//     line  = digest *( SP entry ) LF
//     digest = 16HEXDIG                       ; of all behind it up to LF
//     entry = begin "," amount "," slice "," slices "," offset "," counter
// A digest begins as FNV's offset basis xor the number of octets; then each eight octets,
// as a little-endian number that zeros fill up at the end, are xored in, the sum multiplied
// by 2^64 divided by the golden ratio, and its upper half xored into its lower one: FNV-1a
// with words for octets. Numbers are decimal, times seconds since 1970.
//
// Text, so that a postmaster can read what was counted; a digest on every line, since a
// line that was half written when the power failed must not be counted as another.
// Appending is one write(2): it outlives the process without a sync, and costs a tenth of a
// database transaction.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/backends/counter_table.h"
#include "policy/ports/counters.h"

namespace milterward::backends {

/// A line of these entries, each with its blank before it.
std::string line_of(std::string_view entries);
/// The line of one message, without its marks; "" where nothing else was granted.
std::string log_line(std::span<const ports::Granted> granted);

struct LoggedCounts {
  std::vector<KeptSlice> slices;  // one for each entry
  std::size_t damaged_lines = 0;  // lines that say nothing certain; they are left out
};
LoggedCounts parse_log(std::string_view text);

}  // namespace milterward::backends
