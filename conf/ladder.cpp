// SPDX-License-Identifier: Apache-2.0
#include "conf/ladder.h"

#include <charconv>
#include <optional>

#include "policy/base/ascii.h"

namespace milterward::conf {
namespace {

/// A year of steps is no ladder.
constexpr std::size_t most_steps = 366;
constexpr std::uint64_t most_messages = 1'000'000'000;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value == 0 || value > most_messages)
    return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::uint64_t> parse_ladder(std::string_view text) {
  std::vector<std::uint64_t> steps;
  for (const auto word : split(text, ' ')) {
    const auto step = number(word);
    if (!step || steps.size() == most_steps) return {};
    steps.push_back(*step);
  }
  return steps;
}

}  // namespace milterward::conf
