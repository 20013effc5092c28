// SPDX-License-Identifier: Apache-2.0
// Words of old files as they are shown, in comments and on a terminal: UTF-8 stays, what
// steers a terminal does not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace milterward::importing {

/// One line of at most `limit` octets, with one blank between words. Control characters
/// (C0, DEL and C1) become "?", and so does all that is not ASCII where the text is no
/// UTF-8.
std::string quotation(std::string_view text, std::size_t limit = 120);

}  // namespace milterward::importing
