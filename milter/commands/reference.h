// SPDX-License-Identifier: Apache-2.0
// `milterward config-reference` and `list-events`: what the tables in the program say.
#pragma once

#include <string>
#include <vector>

namespace milterward::commands {

/// The texts config_reference can print: "sample", "manual", "events".
std::vector<std::string> reference_topics();

int config_reference(const std::string& topic);

/// Every log event with its level, fields and meaning.
int list_events();

}  // namespace milterward::commands
