// SPDX-License-Identifier: Apache-2.0
// JSON as it is written by the daemon while it serves: text that is appended, no tree. The
// library that the commands write JSON with is set aside here: its destructors ask for
// memory, and where there is none the process ends.
#pragma once

#include <string>
#include <string_view>

namespace milterward::status {

/// Appends `text` in quotes, ASCII only (RFC 8259 section 7); what is not UTF-8 becomes
/// U+FFFD.
void append_json_text(std::string& json, std::string_view text);

/// Appends "name":"value" to an object that `json` ends in, with a comma before it unless
/// it is the first.
void append_json_member(std::string& json, std::string_view name, std::string_view value);

}  // namespace milterward::status
