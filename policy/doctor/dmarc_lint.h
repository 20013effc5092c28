// SPDX-License-Identifier: Apache-2.0
// What in the text of a DMARC record is not read as its author meant it: the parser of
// RFC 9989 section 4.7 passes over all that it does not know, in silence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milterward::doctor {

struct DmarcSlip {
  std::string what;
  std::string mended;  // the part as it should be; "" to leave it out
  std::string part;    // as published
};

struct DmarcLint {
  std::vector<DmarcSlip> slips;     // read otherwise than meant, or not at all
  std::vector<DmarcSlip> obsolete;  // meant something in RFC 7489
  std::string mended;               // the whole record, slips and obsolete tags mended
};

/// Of a text that parse_dmarc_record() takes for a record.
DmarcLint lint_dmarc(std::string_view text);

/// What a text that is no record was probably meant to be; "" when nothing is to be
/// guessed.
std::string guessed_dmarc(std::string_view text);

}  // namespace milterward::doctor
