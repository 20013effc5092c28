// SPDX-License-Identifier: Apache-2.0
// Is a line longer than mail may have them? RFC 5322 section 2.1.1: 998 octets without the
// line end. Looks for line ends and at no other octet.
#pragma once

#include <cstddef>
#include <string_view>

#include "policy/mail/header.h"

namespace milterward {

inline constexpr std::size_t longest_line = 998;

class LineMeter {
 public:
  /// The next part of a text, split anywhere.
  void feed(std::string_view chunk) noexcept;
  /// Of what was fed so far.
  bool has_overlong_line() const noexcept { return overlong_ || is_overlong(length_); }

 private:
  /// A CR at the end belongs to the line end, whose LF may be in the next chunk.
  bool is_overlong(std::size_t length) const noexcept {
    return length > longest_line + (ends_with_cr_ ? 1 : 0);
  }

  std::size_t length_ = 0;  // of the line that is open
  bool ends_with_cr_ = false;
  bool overlong_ = false;
};

/// Of a field as it was received, its name before the first line of its value.
bool has_overlong_line(const RawHeader& field) noexcept;

}  // namespace milterward
