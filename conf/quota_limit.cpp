// SPDX-License-Identifier: Apache-2.0
#include "conf/quota_limit.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/base/unreachable.h"

namespace milterward::conf {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

// Counts of every slice of a period are kept, so it is bounded.
constexpr seconds shortest_period = 1s;
constexpr seconds longest_period = 31 * 24h;
/// Exact in the doubles that a store's script counts with, sums of many included.
constexpr std::uint64_t largest_amount = 1'000'000'000'000;

std::optional<std::uint64_t> parse_amount(std::string_view text) {
  std::uint64_t amount = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, amount);
  if (error != std::errc{} || amount > largest_amount) return std::nullopt;
  const std::string_view unit{stop, static_cast<std::size_t>(end - stop)};
  std::uint64_t factor = 1;
  if (unit == "k")
    factor = 1'000;
  else if (unit == "M")
    factor = 1'000'000;
  else if (unit == "G")
    factor = 1'000'000'000;
  else if (!unit.empty())
    return std::nullopt;
  if (amount > largest_amount / factor) return std::nullopt;
  return amount * factor;
}

std::optional<QuotaMeasure> parse_measure(std::string_view text) {
  for (const auto measure : quota_measures)
    if (to_text(measure) == text) return measure;
  return std::nullopt;
}

std::optional<seconds> parse_duration(std::string_view text) {
  const auto duration = parse(Is<std::chrono::milliseconds>{}, text);
  if (!duration || *duration < shortest_period || *duration > longest_period ||
      *duration % 1s != 0ms)
    return std::nullopt;
  return std::chrono::duration_cast<seconds>(*duration);
}

std::string period_text(seconds period, bool is_calendar) {
  const auto count = period.count();
  if (is_calendar) return period == 1h ? "hour" : "day";
  if (count % 3600 == 0) return std::to_string(count / 3600) + 'h';
  if (count % 60 == 0) return std::to_string(count / 60) + 'm';
  return std::to_string(count) + 's';
}

}  // namespace

Parsed<QuotaLimit> parse(Is<QuotaLimit>, std::string_view text) {
  const Unexpected no{
      Complaint{in_quotes(text) + " is not a limit",
                "write for example \"messages=100/hour\", \"recipients=1000/day\" or "
                "\"messages=30/10m\""}};
  const auto equals = text.find('=');
  const auto slash = text.find('/');
  if (equals == std::string_view::npos || slash == std::string_view::npos || slash < equals)
    return no;
  const auto measure = parse_measure(text.substr(0, equals));
  const auto amount = parse_amount(text.substr(equals + 1, slash - equals - 1));
  const auto period = text.substr(slash + 1);
  if (!amount || !measure) return no;
  const auto limit = [&](seconds length, bool is_calendar) {
    return QuotaLimit{
        *amount, *measure, length, is_calendar,
        fmt::format("{}/{}", to_text(*measure), period_text(length, is_calendar))};
  };
  if (period == "hour") return limit(1h, true);
  if (period == "day") return limit(24h, true);
  const auto duration = parse_duration(period);
  if (!duration) return no;
  return limit(*duration, false);
}

std::string_view to_text(QuotaMeasure measure) noexcept {
  switch (measure) {
    case QuotaMeasure::messages:
      return "messages";
    case QuotaMeasure::recipients:
      return "recipients";
    case QuotaMeasure::first_time_recipients:
      return "first_time_recipients";
    case QuotaMeasure::bytes:
      return "bytes";
  }
  unreachable();
}

std::string_view period_of(const QuotaLimit& limit) noexcept {
  std::string_view name{limit.name};
  name.remove_prefix(name.find('/') + 1);
  return name;
}

}  // namespace milterward::conf
