// SPDX-License-Identifier: Apache-2.0
// Base64 as DKIM fields carry it: white space anywhere, padding required (RFC 4648
// section 3.2), nothing else let pass.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace milterward::auth {

/// The octets; none when `text` is empty or not base64. White space is ignored.
std::optional<std::string> decode_base64(std::string_view text);

/// Without line breaks.
std::string encode_base64(std::string_view octets);

}  // namespace milterward::auth
