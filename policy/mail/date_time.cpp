// SPDX-License-Identifier: Apache-2.0
#include "policy/mail/date_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "policy/base/ascii.h"
#include "policy/mail/scanner.h"

namespace milterward {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 10> zone_names{"UT",  "GMT", "EST", "EDT", "CST",
                                                      "CDT", "MST", "MDT", "PST", "PDT"};
constexpr int oldest_year = 1900;  // RFC 5322 section 3.3

template <std::size_t size>
std::optional<unsigned> place_of(const std::array<std::string_view, size>& names,
                                 std::string_view word) noexcept {
  const auto at = std::ranges::find_if(
      names, [&](std::string_view name) { return equal_ignoring_case(name, word); });
  if (at == names.end()) return std::nullopt;
  return static_cast<unsigned>(at - names.begin());
}

/// Reads the parts one by one; after a fault nothing more is read.
class DateReader {
 public:
  explicit DateReader(std::string_view text) noexcept : scanner_(text) {}

  bool read() noexcept {
    if (!scanner_.skip_cfws()) return false;
    std::optional<unsigned> day_name;
    if (is_alpha(scanner_.peek())) {
      day_name = place_of(day_names, word());
      if (!day_name || !blank() || !scanner_.take(',') || !blank()) return false;
    }
    return read_date(day_name) && read_time() && read_zone() && blank() &&
           scanner_.at_end();
  }

 private:
  bool blank() noexcept { return scanner_.skip_cfws(); }

  std::string_view word() noexcept {
    const auto rest = scanner_.rest();
    const auto end = std::ranges::find_if_not(rest, is_alpha) - rest.begin();
    scanner_.skip(static_cast<std::size_t>(end));
    return rest.substr(0, static_cast<std::size_t>(end));
  }

  /// A number of so many digits.
  std::optional<int> number(std::size_t least, std::size_t most) noexcept {
    const auto rest = scanner_.rest();
    int value = 0;
    std::size_t digits = 0;
    while (digits < rest.size() && digits < most && is_digit(rest[digits]))
      value = value * 10 + (rest[digits++] - '0');
    if (digits < least || (digits < rest.size() && is_digit(rest[digits])))
      return std::nullopt;
    scanner_.skip(digits);
    digits_ = digits;
    return value;
  }

  bool read_date(std::optional<unsigned> day_name) noexcept {
    const auto day_number = number(1, 2);
    if (!day_number || !blank()) return false;
    const auto month_place = place_of(month_names, word());
    if (!month_place || !blank()) return false;
    auto year_number = number(2, 4);
    if (!year_number || !blank()) return false;
    if (digits_ == 2) *year_number += *year_number < 50 ? 2000 : 1900;  // section 4.3
    if (digits_ == 3) *year_number += 1900;
    const year_month_day date{year{*year_number}, month{*month_place + 1},
                              day{static_cast<unsigned>(*day_number)}};
    if (!date.ok() || *year_number < oldest_year) return false;
    return !day_name || weekday{sys_days{date}}.c_encoding() == *day_name;
  }

  bool read_time() noexcept {
    const auto hour = number(2, 2);
    if (!hour || *hour > 23 || !blank() || !scanner_.take(':') || !blank()) return false;
    const auto minute = number(2, 2);
    if (!minute || *minute > 59 || !blank()) return false;
    if (!scanner_.take(':')) return true;
    if (!blank()) return false;
    const auto second = number(2, 2);
    return second && *second <= 60 && blank();
  }

  bool read_zone() noexcept {
    if (scanner_.take('+') || scanner_.take('-')) {
      const auto offset = number(4, 4);
      return offset && *offset % 100 < 60;
    }
    const auto name = word();
    // Letters of the military zones but J, section 4.3.
    if (name.size() == 1) return to_lower(name.front()) != 'j';
    return place_of(zone_names, name).has_value();
  }

  Scanner scanner_;
  std::size_t digits_ = 0;  // of the last number
};

}  // namespace

bool is_date_time(std::string_view value) noexcept { return DateReader{value}.read(); }

std::string date_time_of(WallTime time) {
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date{days};
  const hh_mm_ss clock{floor<seconds>(time - days)};
  return fmt::format(
      "{}, {} {} {:04} {:02}:{:02}:{:02} +0000", day_names[weekday{days}.c_encoding()],
      static_cast<unsigned>(date.day()),
      month_names[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace milterward
