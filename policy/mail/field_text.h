// SPDX-License-Identifier: Apache-2.0
// Text of strangers in header fields that we write: it must not leave its line, and octets
// above ASCII belong in internationalized messages only (RFC 6532).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace milterward {

enum class FieldText { ascii, utf8 };

/// At most `limit` octets, on one line, of the octets the form allows; all others become
/// "?". UTF-8 is cut between characters.
std::string field_text(std::string_view text, FieldText form, std::size_t limit);

/// U-labels as A-labels, for readers compare names with those in DNS; what is no domain
/// name stays as it was said.
std::string with_a_labels(std::string_view domain);

/// The same behind the last "@" of an address; a text without "@" is a domain.
std::string address_with_a_labels(std::string_view address);

}  // namespace milterward
