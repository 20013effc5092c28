// SPDX-License-Identifier: Apache-2.0
// Tables as mail servers keep them in text files: a key, white space, a value.
//     table = *( comment / blank / entry )
//     entry = key [ 1*WSP value ] *( LF 1*WSP value )
//     key   = word / a word that holds a quoted string: "bob smith"@example.org
// A line whose first character that is no blank is "#" is a comment, also amid an entry.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace milterward::backends {

struct TableEntry {
  std::size_t line = 0;  // where it begins, from 1
  std::string key;
  std::string value;  // continuation lines joined by a blank; "" for none

  bool operator==(const TableEntry&) const = default;
};

struct TableFault {
  std::size_t line = 0;
  std::string reason;
  bool operator==(const TableFault&) const = default;
};

/// Octets of a table; ten addresses for each of half a million users.
inline constexpr std::size_t table_limit = 256 * 1024 * 1024;
inline constexpr std::size_t table_key_limit = 512;
inline constexpr std::size_t table_value_limit = 64 * 1024;

Result<std::vector<TableEntry>, TableFault> parse_table(std::string_view text);

}  // namespace milterward::backends
