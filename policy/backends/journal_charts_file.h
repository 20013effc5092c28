// SPDX-License-Identifier: Apache-2.0
// Charts and lists out of the journal's file (journal_file.h), which is only read. The
// index over what they are made of lets them leave the facts alone.
#pragma once

#include <memory>
#include <string>

#include "policy/base/result.h"
#include "policy/ports/journal_charts.h"

namespace milterward::backends {

/// For one thread. The fault is a sentence that names the file.
Result<std::unique_ptr<ports::JournalCharts>, std::string> open_journal_charts(
    const std::string& path);

}  // namespace milterward::backends
