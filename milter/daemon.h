// SPDX-License-Identifier: Apache-2.0
// The life of the daemon: read, open, drop, serve, reload, drain. Order of the start, since
// each step needs what the one before still had: configuration, log, descriptor limit,
// socket and pid file (as root), privileges, then keys, secrets and threads (as the user).
#pragma once

#include <string>

namespace milterward {

/// Runs until SIGTERM or SIGINT. Returns the exit code: 0 after a drain, 1 when it could
/// not start; throws conf::ConfigError for a configuration that cannot be used.
int run_daemon(const std::string& config_file);

}  // namespace milterward
