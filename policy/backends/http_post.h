// SPDX-License-Identifier: Apache-2.0
// One POST of JSON by cpp-httplib, with the certificates that the host trusts.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "conf/web_url.h"

namespace milterward::backends {

/// Nothing when the answer is 2xx, else why not. Blocks for as long as the name takes to
/// resolve, and for `patience` whenever the other side is silent: whoever wants a limit for
/// all of it kills the process (webhook_helper.h).
std::optional<std::string> http_post(const conf::WebUrl& url, const std::string& token,
                                     const std::string& body,
                                     std::chrono::milliseconds patience);

}  // namespace milterward::backends
