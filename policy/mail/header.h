// SPDX-License-Identifier: Apache-2.0
// Header fields as they came: nothing trusted, nothing decoded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milterward {

/// One header field as the MTA showed it. `value` is all that stood behind the colon, the
/// leading white space included, folds as CRLF or bare LF exactly as received.
struct RawHeader {
  std::string name;
  std::string value;

  bool operator==(const RawHeader&) const = default;
  /// The name without white space before the colon: obsolete (RFC 5322 section 4.5), but
  /// read as the same field by those behind us.
  std::string_view bare_name() const noexcept;
  /// Whatever the case, and with white space before the colon.
  bool is(std::string_view other) const noexcept;
};

using RawHeaders = std::vector<RawHeader>;

/// All fields of that name, in order.
std::vector<const RawHeader*> fields_named(const RawHeaders& headers,
                                           std::string_view name);

/// The value on one line: folds (CRLF or LF before WSP) removed, outer white space trimmed.
std::string unfolded(std::string_view value);

}  // namespace milterward
