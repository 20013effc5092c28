// SPDX-License-Identifier: Apache-2.0
// The log of counts may hold anything after a crash. What it says must survive being
// written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/backends/counter_log.h"
#include "policy/base/ascii.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace milterward;
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  static_cast<void>(backends::parse_log(text));
  // No mutation finds a right digest by chance, so each line gets one.
  std::string log;
  for (const auto line : split(text, '\n')) log += backends::line_of(line);
  for (const auto& slice : backends::parse_log(log).slices) {
    const ports::Granted granted{slice.counter, slice.window, slice.begin, slice.amount};
    const auto again = backends::parse_log(backends::log_line({&granted, 1}));
    if (again.slices.size() != 1 || again.slices[0] != slice) std::abort();
  }
  return 0;
}
