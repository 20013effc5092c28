// SPDX-License-Identifier: Apache-2.0
// The date-time of a Date field. RFC 5322 section 3.3, with the obsolete forms of section
// 4.3 that old programs still write.
#pragma once

#include <string>
#include <string_view>

#include "policy/base/clock.h"

namespace milterward {

/// Is it the value of a Date field, comments and white space anywhere?
///     date-time = [ day-name "," ] day month year hour ":" minute [ ":" second ] zone
///     zone = ( "+" / "-" ) 4DIGIT / "UT" / "GMT" / "EST" / ... / one letter
/// The date must exist, and the day-name be that of it. A second of 60 may be a leap
/// second.
bool is_date_time(std::string_view value) noexcept;

/// "Fri, 27 Nov 2026 00:24:18 +0000"
std::string date_time_of(WallTime time);

}  // namespace milterward
