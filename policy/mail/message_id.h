// SPDX-License-Identifier: Apache-2.0
// The identifier of a message. RFC 5322 section 3.6.4.
#pragma once

#include <string_view>

namespace milterward {

/// Is it the value of a Message-ID field?
///     msg-id   = [CFWS] "<" id-left "@" id-right ">" [CFWS]
///     id-left  = dot-atom-text / quoted-string              (obsolete: words and dots)
///     id-right = dot-atom-text / "[" *dtext "]"
/// Octets above ASCII as in RFC 6532. No white space within the brackets: it is obsolete,
/// and filters have been told to distrust it.
bool is_message_id(std::string_view value) noexcept;

}  // namespace milterward
