// SPDX-License-Identifier: Apache-2.0
// Webhooks, posted to by a helper process (helper_process.h) of their own: each in a child
// that is killed at its limit, which ends even a name server or a web server that says a
// little now and then. What reads the answer of a stranger's server holds nothing of the
// daemon's, its memory but for what the start left there.
#pragma once

#include <memory>
#include <string>

#include "policy/base/result.h"
#include "policy/ports/webhook.h"

namespace milterward::backends {

/// Forks: before any thread is started. The fault says what the system refused.
Result<std::unique_ptr<ports::Webhook>, std::string> start_webhook_helper();

}  // namespace milterward::backends
