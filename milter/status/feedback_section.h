// SPDX-License-Identifier: Apache-2.0
// The section of the page about reports that others sent (policy/feedback): how mail in our
// domains fares, what to do next, and, with the token, which servers' mail does not pass.
#pragma once

#include <string>

#include "milter/status/page.h"

namespace milterward::status {

/// Its content, as HTML.
std::string feedback_content(const ShownReports& reports, Access access);

}  // namespace milterward::status
