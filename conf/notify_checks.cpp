// SPDX-License-Identifier: Apache-2.0
#include "conf/notify_checks.h"

#include "conf/listen_address.h"
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

std::vector<Finding> check_status(const StatusSettings& status) {
  if (!status.is_served()) {
    if (status.token_file.empty()) return {};
    return {{Severity::error, "status.token_file", "there is no page that it opens",
             "say in status.listen where it is served"}};
  }
  const auto place = parse_listen_address(status.listen);
  if (!place || place->address.is_loopback()) return {};
  return {{Severity::warning, "status.listen",
           status.token_file.empty()
               ? "everybody who reaches it sees which domains write to you"
               : "the token, and what it shows, cross the network in the clear",
           "listen on \"127.0.0.1\", and put a proxy with TLS before it"}};
}

}  // namespace milterward::conf
