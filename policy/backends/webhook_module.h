// SPDX-License-Identifier: Apache-2.0
// One POST of JSON by cpp-httplib, with the certificates that the host trusts, in a module
// of its own (module.h): its libraries would fill the memory of every daemon.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "conf/web_url.h"
#include "policy/backends/module.h"
#include "policy/base/result.h"

namespace milterward::backends {

/// What the module exports, under the name `milterward_webhook`.
struct WebhookModule {
  const char* build;  // MILTERWARD_VERSION
  /// Nothing when the answer is 2xx, else why not. Blocks for as long as the name takes to
  /// resolve, and for `patience` whenever the other side is silent: whoever wants a limit
  /// for all of it kills the process (webhook_helper.h).
  std::optional<std::string> (*post)(const conf::WebUrl& url, const std::string& token,
                                     const std::string& body,
                                     std::chrono::milliseconds patience);
};

Result<const WebhookModule*, conf::Complaint> open_webhook_module(
    const std::vector<std::filesystem::path>& directories = module_directories());

}  // namespace milterward::backends
