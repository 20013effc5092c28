// SPDX-License-Identifier: Apache-2.0
// Would the daemon start with a text of milterward.toml that is not written yet? Asks
// `milterward check-config` in a process of its own, which becomes the daemon's user to see
// whether the files that the text names can be read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milterward::attach {

/// Complaints about `proposed` that there are none of about `present`, without their
/// places. What is wrong with the present one already is not what the proposal is to blame
/// for.
std::vector<std::string> new_complaints(std::string_view present,
                                        std::string_view proposed);

}  // namespace milterward::attach
