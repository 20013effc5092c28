// SPDX-License-Identifier: Apache-2.0
// A report in words, as the cases of this room write it.
#pragma once

#include <string>
#include <vector>

#include "policy/feedback/ingest.h"

namespace milterward::tests {

/// One line for what is said of the whole, one for each row, policy, failure and note.
std::string told(const feedback::IngestedPart& part);
std::string told(const std::vector<feedback::IngestedPart>& parts);

/// The content of a file of tests/cases/feedback/samples; fails the test where there is
/// none.
std::string sample(const std::string& name);

}  // namespace milterward::tests
