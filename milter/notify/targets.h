// SPDX-License-Identifier: Apache-2.0
// The files that [notify] names, the programs of preflight.watch_hook and sign.publish_hook
// and the token of [status], as the user we are finds them.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"
#include "policy/base/result.h"

namespace milterward::notify {

/// The one line of the file of a token. Refused when others may read or write it, as keys
/// are.
Result<std::string, conf::Complaint> read_token(const std::string& path);

/// What stands in the way of the hooks and of the tokens.
std::vector<conf::ConfigProblem> unusable_targets(const conf::Config& config);

}  // namespace milterward::notify
