// SPDX-License-Identifier: Apache-2.0
// Asks the daemon that listens on control.socket.
#pragma once

#include <string>

#include "policy/base/result.h"

namespace milterward::control {

/// The line it answers; the fault is a sentence that names the socket. Blocks at most two
/// minutes for each piece.
Result<std::string, std::string> ask(const std::string& path, std::string request);

}  // namespace milterward::control
