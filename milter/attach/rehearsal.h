// SPDX-License-Identifier: Apache-2.0
// What main.cf and master.cf will be: the same postconf does the same edits to copies. So
// what is shown is what comes, to the byte, and a change that postconf refuses is known
// before the first file is touched.
#pragma once

#include <string>
#include <vector>

#include "milter/attach/backup.h"

namespace milterward::attach {

/// `now` after `changes`; owner and mode as they are. Uses a directory in TMPDIR or /tmp,
/// gone afterwards.
Result<PostfixFiles, std::string> rehearse(const PostfixFiles& now,
                                           const std::vector<Change>& changes);

}  // namespace milterward::attach
