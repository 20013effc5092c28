// SPDX-License-Identifier: Apache-2.0
// What strangers publish as an address for reports, and what waits in a file to be
// reported: either is refused, or read to the same meaning again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/reports/aggregate_rows.h"
#include "policy/reports/destinations.h"

// The name libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace milterward::reports;
  const std::string_view text{reinterpret_cast<const char*>(octets), size};
  if (const auto destination = parse_destination(text)) {
    // It goes between the brackets of RCPT TO and into a field.
    const auto is_harmful = [](char c) {
      return c <= ' ' || c > '~' || c == '<' || c == '>';
    };
    if (std::ranges::any_of(destination->address, is_harmful) || destination->host.empty())
      std::abort();
  }
  if (const auto row = parse_row(text); row && parse_row(to_text(*row)) != row)
    std::abort();
  if (const auto policy = parse_policy(text);
      policy && parse_policy(to_text(*policy)) != policy)
    std::abort();
  const auto value = as_value(text);
  if (value.size() > value_limit || as_value(value) != value) std::abort();
  return 0;
}
