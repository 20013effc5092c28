// SPDX-License-Identifier: Apache-2.0
// Reads .cases files, the data of the tests. A file is a list of stanzas separated by blank
// lines; a stanza is a list of `key: value` lines. A line that begins with white space
// continues the value above it after a line break; lines beginning with `#` are comments. A
// key may come several times (`all`). A file that is missing, empty, or has a line that is
// none of these becomes one failing case, so that data never silently test nothing.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace milterward::tests {

struct Case {
  std::string file;
  int line = 0;  // of its first key
  std::vector<std::pair<std::string, std::string>> fields;

  /// The first value of `key`; fails the test when there is none.
  const std::string& operator[](std::string_view key) const;
  /// The first value of `key`, or `fallback`.
  std::string get(std::string_view key, std::string_view fallback = "") const;
  std::vector<std::string> all(std::string_view key) const;
  bool has(std::string_view key) const;
};

std::ostream& operator<<(std::ostream& out, const Case& c);

/// All stanzas of tests/cases/<path>.
std::vector<Case> read_cases(std::string_view path);
/// The same from a text; `file` is for messages.
std::vector<Case> parse_cases(std::string_view text, std::string_view file);
/// The fields of the first stanza of a file in front of every other.
std::vector<Case> after_the_first(std::vector<Case> cases);

/// "\r\n", "\t", "\0", "\\" and "\xHH" in a case's value become the octets they name,
/// "\*N{TEXT}" becomes N times TEXT.
std::string unescaped(std::string_view text);

}  // namespace milterward::tests
