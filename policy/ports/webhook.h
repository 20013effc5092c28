// SPDX-License-Identifier: Apache-2.0
// A web service that is told when something has happened.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace milterward::ports {

struct WebhookCall {
  std::string url;    // conf/web_url.h
  std::string token;  // of "Authorization: Bearer"; "" for none
  std::string body;   // JSON
  std::chrono::milliseconds limit{};
};

class Webhook {
 public:
  virtual ~Webhook() = default;
  /// Blocks until the service has answered, at most for the limit. Nothing when it took
  /// the body (2xx), else why not, in words. One thread at a time.
  virtual std::optional<std::string> post(const WebhookCall& call) = 0;
  /// For good, from any thread: a post under way is given up, later ones fail.
  virtual void stop() noexcept = 0;
};

}  // namespace milterward::ports
