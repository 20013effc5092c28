// SPDX-License-Identifier: Apache-2.0
// Who may look at what the daemon does, by HTTP. [status]
#pragma once

#include <string>
#include <vector>

namespace milterward::conf {

struct StatusSettings {
  std::string listen;      // conf/listen_address.h; "" for none
  std::string token_file;  // "" for none
  std::vector<std::string> hosts;

  bool is_served() const noexcept { return !listen.empty(); }
  bool operator==(const StatusSettings&) const = default;
};

}  // namespace milterward::conf
