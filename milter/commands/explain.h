// SPDX-License-Identifier: Apache-2.0
// `milterward explain`: what does today's policy say about facts that were logged?
#pragma once

#include <string>

namespace milterward::commands {

enum class Output { text, json };

/// Decides every stanza of `facts_file` ("-": standard input) under `config_file`. Returns
/// 1 when a stanza notes another verdict than the one it gets now, or cannot be read; 78
/// for a configuration that cannot be used.
int explain(const std::string& facts_file, const std::string& config_file, Output output);

}  // namespace milterward::commands
