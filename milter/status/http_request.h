// SPDX-License-Identifier: Apache-2.0
// What reaches the library that reads HTTP. Of what strangers send, only the request line
// and the two fields that we answer by get that far: no body, no ranges, no encodings, so
// that nothing else can be made of them there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::status {

/// Octets of a request line with all fields: a browser's are below 2,000.
inline constexpr std::size_t longest_request = 8192;

/// The request line, Host and Authorization of a header that ends with an empty line. The
/// fault is the status to refuse it with (RFC 9110 section 15.5): 400 for what is no HTTP/1
/// or names not exactly one host, 405 for all but GET and HEAD.
Result<std::string, int> strained(std::string_view header);

/// A whole response with the text of that status, for those that are not read at all.
std::string refusal(int status);

}  // namespace milterward::status
