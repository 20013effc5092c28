// SPDX-License-Identifier: Apache-2.0
// What the reports of a file say together (ports::FeedbackReader), by queries that only
// read. Only reports that count are summed up.
#pragma once

#include <memory>
#include <string>

#include "policy/base/result.h"
#include "policy/ports/feedback_store.h"

namespace milterward::backends {

/// The fault is a sentence that names the file.
Result<std::unique_ptr<ports::FeedbackReader>, std::string> open_feedback_to_read(
    const std::string& path);

}  // namespace milterward::backends
