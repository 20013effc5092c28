// SPDX-License-Identifier: Apache-2.0
// What holds for every message, whatever is in it: checked on all that a conversation hands
// in.
#pragma once

#include <string_view>
#include <vector>

#include "policy/mail/header.h"
#include "policy/rules/verdict.h"

namespace milterward::tests {

/// Edits that an MTA can carry out and a reader can trust: removals of fields that are
/// there, of each name from the last to the first and before all others; inserted lines
/// that fit into transport and hold no octets they must not. Checks with Boost.Test.
void check_edits(const RawHeaders& headers, const std::vector<rules::HeaderEdit>& edits);

/// The log and the Authentication-Results field of a message say the same of DMARC. Checks
/// with Boost.Test.
void check_told(const std::vector<rules::HeaderEdit>& edits, std::string_view log_line);

/// Longest time one message may cost us, with the address sanitizer too. The thread
/// sanitizer, which has no second thread to watch here, makes the same work many times
/// slower.
#ifdef __SANITIZE_THREAD__
inline constexpr double seconds_per_message = 10.0;
#else
inline constexpr double seconds_per_message = 1.0;
#endif

}  // namespace milterward::tests
