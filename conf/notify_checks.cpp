// SPDX-License-Identifier: Apache-2.0
#include "conf/notify_checks.h"

#include "conf/web_url.h"

namespace milterward::conf {
namespace {

bool stays_on_this_host(const WebUrl& url) {
  return url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
}

}  // namespace

std::vector<Finding> check_notify(const NotifySettings& notify) {
  if (notify.webhook_token_file.empty()) return {};
  if (notify.webhook.empty())
    return {{Severity::error, "notify.webhook_token_file",
             "there is no webhook to send it to", "name one in notify.webhook"}};
  const auto url = parse_web_url(notify.webhook);
  if (url && url->scheme == WebUrl::Scheme::http && !stays_on_this_host(*url))
    return {{Severity::warning, "notify.webhook",
             "the token crosses the network in the clear",
             "write \"https://\", or send to a relay on this host"}};
  return {};
}

}  // namespace milterward::conf
