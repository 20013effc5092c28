// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/webhook_module.h"

namespace milterward::backends {

Result<const WebhookModule*, conf::Complaint> open_webhook_module(
    const std::vector<std::filesystem::path>& directories) {
  const auto opened = open_module({"milterward-webhook.so", "milterward_webhook",
                                   "milterward", "libcpp-httplib0.11", "or write \"\""},
                                  directories);
  if (!opened) return Unexpected{opened.fault()};
  return static_cast<const WebhookModule*>(*opened);
}

}  // namespace milterward::backends
