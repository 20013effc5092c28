// SPDX-License-Identifier: Apache-2.0
// Hooks, run by a helper process (helper_process.h) one after the other. What a program may
// do beyond its time: 512 MB of memory of its own, 256 open files, no core; its environment
// is PATH and what the call names. Who is called is said with every call, so that a reload
// can change it.
#pragma once

#include <memory>
#include <string>

#include "policy/base/result.h"
#include "policy/ports/hook.h"

namespace milterward::backends {

/// Forks: before any thread is started. The fault says what the system refused.
Result<std::unique_ptr<ports::Hook>, std::string> start_hook_helper();

}  // namespace milterward::backends
