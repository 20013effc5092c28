// SPDX-License-Identifier: Apache-2.0
// What the daemon denies itself once its sockets are open and its helpers run: who takes it
// over by a message can start nothing, trace nothing, and read no key from a core dump. The
// service's own unit narrows it further; this holds however the daemon was started.
#pragma once

#include <string>
#include <variant>

#include "policy/base/result.h"

namespace milterward {

/// For good, for all threads there are and will be: a seccomp filter, which answers EPERM
/// (a socket of another family: EAFNOSUPPORT), no new privileges, and no core dumps. The
/// fault says what the system refused.
Result<std::monostate, std::string> confine();

}  // namespace milterward
