// SPDX-License-Identifier: Apache-2.0
// How findings of an examination are told: one line that says it all, then each finding
// with why it matters and what to do; or the same as JSON.
#pragma once

#include <string>

#include "milter/commands/explain.h"
#include "policy/doctor/finding.h"

namespace milterward::commands {

/// Prints, the gravest first. `patient` is what was examined.
void tell(const std::string& patient, doctor::Findings findings, Output output);

/// 0, `has_faults` or `is_not_known` of doctor.h.
int code_of(const doctor::Findings& findings);

}  // namespace milterward::commands
