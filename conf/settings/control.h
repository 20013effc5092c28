// SPDX-License-Identifier: Apache-2.0
// Where `milterward account` reaches the running daemon. [control]
#pragma once

#include <string>

namespace milterward::conf {

struct ControlSettings {
  std::string socket;  // path of a unix socket; "" for none
  std::string socket_owner;
  std::string socket_group;
  unsigned socket_mode;

  bool is_open() const noexcept { return !socket.empty(); }
  bool operator==(const ControlSettings&) const = default;
};

}  // namespace milterward::conf
