// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/counter_log.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "policy/base/ascii.h"

namespace milterward::backends {
namespace {

using ports::Seconds;

constexpr std::size_t digest_digits = 16;
/// A window of more slices, or slices of more seconds, is none that we ever count in.
constexpr unsigned most_slices = 1000;
constexpr std::int64_t longest_slice = ports::lasting.slice.count();

/// Eight octets at a time.
std::uint64_t digest_of(std::string_view text) {
  std::uint64_t digest = 0xcbf29ce484222325 ^ text.size();
  while (!text.empty()) {
    std::uint64_t word = 0;
    const auto size = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), size);
    digest = (digest ^ word) * 0x9e3779b97f4a7c15;
    digest ^= digest >> 32;
    text.remove_prefix(size);
  }
  return digest;
}

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// Room for the five numbers of an entry, their commas and its blank.
constexpr std::size_t numbers_octets = 5 * 21 + 1;

/// With the comma behind it.
template <class Number>
char* put_number(char* at, Number number) {
  at = std::to_chars(at, at + numbers_octets, number).ptr;
  *at = ',';
  return at + 1;
}

/// Puts the digest of the entries in front of them, where place was left for it.
std::string finished(std::string line) {
  auto digest = digest_of(std::string_view{line}.substr(digest_digits));
  for (std::size_t i = digest_digits; i-- > 0; digest >>= 4)
    line[i] = "0123456789abcdef"[digest & 0xf];
  line += '\n';
  return line;
}

std::optional<KeptSlice> parse_entry(std::string_view text) {
  const auto take = [&text] {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
  };
  const auto begin = number<std::int64_t>(take());
  const auto amount = number<std::uint64_t>(take());
  const auto slice = number<std::int64_t>(take());
  const auto slices = number<unsigned>(take());
  const auto offset = number<std::int64_t>(take());
  const bool good = begin && amount && slice && slices && offset && *slice > 0 &&
                    *slice <= longest_slice && *slices > 0 && *slices <= most_slices &&
                    !text.empty() && text.size() <= ports::counter_name_limit;
  if (!good) return std::nullopt;
  return KeptSlice{std::string{text},
                   {Seconds{*slice}, *slices, Seconds{*offset}},
                   Seconds{*begin},
                   *amount};
}

std::optional<std::vector<KeptSlice>> parse_line(std::string_view line) {
  const auto digest = number<std::uint64_t>(line.substr(0, digest_digits), 16);
  if (!digest || line.size() <= digest_digits) return std::nullopt;
  const auto rest = line.substr(digest_digits);
  if (digest_of(rest) != *digest || rest.front() != ' ') return std::nullopt;
  std::vector<KeptSlice> slices;
  for (const auto word : split(rest.substr(1), ' ')) {
    auto slice = parse_entry(word);
    if (!slice) return std::nullopt;
    slices.push_back(std::move(*slice));
  }
  return slices;
}

}  // namespace

std::string line_of(std::string_view entries) {
  std::string line(digest_digits, '0');
  line += entries;
  return finished(std::move(line));
}

/// Each accepted message makes a line and waits for it: it is written in one go.
std::string log_line(std::span<const ports::Granted> granted) {
  std::size_t room = digest_digits;
  for (const auto& one : granted)
    if (!one.is_mark) room += numbers_octets + one.counter.size();
  if (room == digest_digits) return {};
  std::string line(room + 1, '0');  // and its end
  auto* at = line.data() + digest_digits;
  for (const auto& one : granted) {
    if (one.is_mark) continue;
    *at++ = ' ';
    at = put_number(at, one.slice.count());
    at = put_number(at, one.amount);
    at = put_number(at, one.window.slice.count());
    at = put_number(at, one.window.slices);
    at = put_number(at, one.window.offset.count());
    at = std::ranges::copy(one.counter, at).out;
  }
  line.resize(static_cast<std::size_t>(at - line.data()));
  return finished(std::move(line));
}

LoggedCounts parse_log(std::string_view text) {
  LoggedCounts logged;
  while (!text.empty()) {
    const auto end = text.find('\n');
    // A line without its end was being written when everything stopped; its message was
    // not yet accepted.
    if (end == std::string_view::npos) break;
    auto slices = parse_line(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!slices) {
      ++logged.damaged_lines;
      continue;
    }
    logged.slices.insert(logged.slices.end(), std::make_move_iterator(slices->begin()),
                         std::make_move_iterator(slices->end()));
  }
  return logged;
}

}  // namespace milterward::backends
