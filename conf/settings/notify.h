// SPDX-License-Identifier: Apache-2.0
// Who is told when something needs a person. [notify]
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "policy/base/events.h"

namespace milterward::conf {

struct NotifySettings {
  std::vector<Event> events;
  std::string hook;  // program; "" for none
  std::chrono::milliseconds hook_timeout;
  std::string webhook;  // conf/web_url.h; "" for none
  std::chrono::milliseconds webhook_timeout;
  std::string webhook_token_file;  // "" for none
  std::size_t per_hour;            // of each event
  bool operator==(const NotifySettings&) const = default;
};

}  // namespace milterward::conf
