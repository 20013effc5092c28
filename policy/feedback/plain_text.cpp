// SPDX-License-Identifier: Apache-2.0
#include "policy/feedback/plain_text.h"

#include <array>
#include <charconv>

#include "policy/base/ascii.h"
#include "policy/mail/utf8.h"

namespace milterward::feedback {
namespace {

using namespace std::chrono;

/// Octets of the character at the front, 0 where there is none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size)
    if (is_valid_utf8(text.substr(0, size))) return size;
  return 0;
}

/// C0, DEL, and C1 in UTF-8.
bool is_control(std::string_view character) {
  if (character.size() == 1)
    return static_cast<unsigned char>(character[0]) < 0x20 || character[0] == 0x7f;
  return character.size() == 2 && character[0] == '\xc2' &&
         static_cast<unsigned char>(character[1]) < 0xa0;
}

void append_utf8(std::string& text, std::uint32_t point) {
  const auto put = [&](std::uint32_t octet) { text += static_cast<char>(octet); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xe0 | point >> 12);
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
    }
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

enum class Order { big, little };

std::optional<std::string> from_utf16(std::string_view text, Order order) {
  const auto unit_at = [&](std::size_t i) -> std::uint32_t {
    const auto first = static_cast<unsigned char>(text[i]);
    const auto second = static_cast<unsigned char>(text[i + 1]);
    return order == Order::big ? first * 256U + second : second * 256U + first;
  };
  std::string utf8;
  utf8.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    auto point = unit_at(i);
    if (point >= 0xdc00 && point < 0xe000) return std::nullopt;
    if (point >= 0xd800 && point < 0xdc00) {
      if (i + 3 >= text.size()) return std::nullopt;
      const auto low = unit_at(i += 2);
      if (low < 0xdc00 || low >= 0xe000) return std::nullopt;
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(utf8, point);
  }
  return utf8;
}

/// Of 0x80 to 0x9f; the rest of Windows-1252 is that of Unicode.
constexpr std::array<std::uint16_t, 32> windows_1252{
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

std::string from_windows_1252(std::string_view text) {
  std::string utf8;
  utf8.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    append_utf8(utf8, octet >= 0x80 && octet < 0xa0 ? windows_1252[octet - 0x80U] : octet);
  }
  return utf8;
}

std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// What stands behind the time: nothing, "Z", "+02:00", "-0500".
std::optional<seconds> zone_of(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z" || text == " UTC") return seconds{0};
  // cppcheck-suppress containerOutOfBounds; an empty one has left above
  const bool is_west = text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  take(text, ":");
  const auto minute = take_digits(text, 2);
  if (!hour || !minute || !text.empty()) return std::nullopt;
  const auto offset = hours{*hour} + minutes{*minute};
  return is_west ? -offset : offset;
}

std::optional<sys_seconds> parse_moment(std::string_view text) {
  const auto y = take_digits(text, 4);
  if (!take(text, "-")) return std::nullopt;
  const auto m = take_digits(text, 2);
  if (!take(text, "-")) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!y || !m || !d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  const sys_seconds begin = sys_days{date};
  if (text.empty()) return begin;
  if (!take(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!take(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  if (take(text, "."))
    while (take(text, "0123456789")) {
    }
  const auto zone = zone_of(text);
  if (!zone) return std::nullopt;
  return begin + hours{*hour} + minutes{*minute} + seconds{*second} - *zone;
}

std::optional<sys_seconds> parse_number_of_seconds(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || (stop != end && *stop != '.')) return std::nullopt;
  constexpr std::int64_t too_large_for_seconds = 100'000'000'000;
  for (int i = 0; i < 3 && number >= too_large_for_seconds; ++i) number /= 1000;
  return sys_seconds{seconds{number}};
}

}  // namespace

std::string plain(std::string_view text) {
  text = trim(text);
  std::string kept;
  while (!text.empty() && kept.size() < text_limit) {
    const auto size = character_size(text);
    const auto character = text.substr(0, size);
    if (kept.size() + size > text_limit) break;
    if (size == 0)
      kept += '?';
    else if (is_control(character))
      kept += ' ';
    else
      kept += character;
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return std::string{trim(kept)};
}

std::optional<std::string> as_utf8(std::string&& text) {
  const std::string_view all = text;
  constexpr std::string_view utf32_little{"\xff\xfe\0\0", 4}, utf32_big{"\0\0\xfe\xff", 4};
  if (all.starts_with(utf32_little) || all.starts_with(utf32_big)) return std::nullopt;
  if (all.starts_with("\xef\xbb\xbf")) {
    text.erase(0, 3);
  } else if (all.starts_with("\xff\xfe")) {
    return from_utf16(all.substr(2), Order::little);
  } else if (all.starts_with("\xfe\xff")) {
    return from_utf16(all.substr(2), Order::big);
  } else if (all.size() >= 2 && all[0] == '\0') {
    return from_utf16(all, Order::big);
  } else if (all.size() >= 2 && all[1] == '\0') {
    return from_utf16(all, Order::little);
  }
  if (!is_valid_utf8(text)) return from_windows_1252(text);
  return std::move(text);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  text = trim(text);
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number > count_limit) return std::nullopt;
  return number;
}

std::optional<sys_seconds> parse_report_time(std::string_view text) {
  text = trim(text);
  auto time = parse_number_of_seconds(text);
  if (text.size() > 4 && text[4] == '-') time = parse_moment(text);
  constexpr sys_seconds earliest = sys_days{1990y / 1 / 1},
                        latest = sys_days{2200y / 1 / 1};
  if (!time || *time < earliest || *time > latest) return std::nullopt;
  return time;
}

}  // namespace milterward::feedback
