// SPDX-License-Identifier: Apache-2.0
// A whole message as a file holds it, taken apart into what an MTA hands a filter. RFC 5322
// section 2.1, read as MTAs read it: a line that is no header field ends the header.
#pragma once

#include <string>
#include <string_view>

#include "policy/mail/header.h"

namespace milterward {

/// How the lines of a file end.
enum class LineEnd { lf, crlf };

struct MessageText {
  RawHeaders headers;  // folds as CRLF
  std::string body;
  LineEnd line_end = LineEnd::crlf;
};

/// The first line tells how lines end. With LF every LF becomes the CRLF it is on the wire;
/// with CRLF nothing is changed, so that a bare LF stays one. A line "From " of an mbox
/// before the header is left out.
MessageText parse_message(std::string_view text);

}  // namespace milterward
