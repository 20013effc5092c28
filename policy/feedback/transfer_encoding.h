// SPDX-License-Identifier: Apache-2.0
// What a MIME part says, without the encoding it travelled in: RFC 2045 section 6. Lenient
// as its section 6.8 asks: octets outside the alphabet are passed over, padding may be
// missing. (The base64 of DKIM is strict, and another matter.)
#pragma once

#include <string>
#include <string_view>

namespace milterward::feedback {

/// `encoding` is the value of Content-Transfer-Encoding; one that is not known is read as
/// "binary". The result is never larger than `text`.
std::string decoded(std::string_view text, std::string_view encoding);

}  // namespace milterward::feedback
