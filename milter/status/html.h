// SPDX-License-Identifier: Apache-2.0
// Text on its way into a page. What strangers wrote may hold anything: markup, octets that
// are no characters, and characters that turn the line around or hide.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace milterward::status {

/// As text of an element or value of an attribute in quotes. Controls, what is not seen and
/// what changes the direction of writing (Unicode's bidirectional controls) are spelled
/// "\u{202e}"; what is no UTF-8 becomes U+FFFD. Cut after `longest` octets, with "…" then.
std::string html(std::string_view text, std::size_t longest = 300);

/// The same as an island whose direction of writing stays its own (bdi).
std::string island(std::string_view text, std::size_t longest = 300);

/// For the query of a URL (RFC 3986 section 2.1).
std::string url_encoded(std::string_view text);

}  // namespace milterward::status
