// SPDX-License-Identifier: Apache-2.0
// The texts and numbers of reports, made harmless: whoever writes a report chooses them,
// and they end in databases, terminals and web pages.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace milterward::feedback {

/// Octets of a text that are kept; a name of DNS has 253.
inline constexpr std::size_t text_limit = 255;
/// Messages or sessions of one line. No receiver sees more, and the sum of as many lines as
/// fit into the largest database stays below 2^63.
inline constexpr std::uint64_t count_limit = 10'000'000'000;

/// Trimmed, in UTF-8, without control characters, cut at text_limit between characters;
/// octets that are none become "?".
std::string plain(std::string_view text);

/// `text` as UTF-8: by its byte order mark, the nulls in its first characters, or
/// `encoding`, the name that the document itself gives; what is no UTF-8 and says nothing
/// else is read as Windows-1252. None for UTF-32, and where a pair of UTF-16 is broken.
std::optional<std::string> as_utf8(std::string&& text);

/// A whole number from 0 to count_limit; white space around it is let through.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// Seconds since 1970, or a date as of RFC 3339 ("2026-11-23T00:00:00Z", also with a blank
/// for the T and without a zone). Numbers too large for seconds are read as milliseconds or
/// microseconds. None where it is neither, or not within 1990 to 2200.
std::optional<std::chrono::sys_seconds> parse_report_time(std::string_view text);

}  // namespace milterward::feedback
