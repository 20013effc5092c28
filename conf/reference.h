// SPDX-License-Identifier: Apache-2.0
// The key table as text: the sample file and the manual pages. Their checked-in copies are
// compared by tests/house.
#pragma once

#include <string>

namespace milterward::conf {

/// conf/milterward.toml: every key, commented out, with its help and its default.
std::string sample();
/// packaging/man/milterward.toml.5: every key, and one table of what findings lead to.
std::string manual();
/// packaging/man/milterward-events.7: every log event, its level and its fields.
std::string events_manual();

}  // namespace milterward::conf
