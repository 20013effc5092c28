// SPDX-License-Identifier: Apache-2.0
// Where does the next character of a text end, and which is it? UTF-8 as RFC 3629 has it,
// octet by octet, for texts of strangers: nothing is assumed of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace milterward::status {

/// One character of UTF-8, or one octet that is none.
struct Character {
  std::size_t length = 1;
  std::uint32_t code = 0;
  bool valid = false;
};

/// Of a text that is not empty.
Character next_character(std::string_view text);

}  // namespace milterward::status
