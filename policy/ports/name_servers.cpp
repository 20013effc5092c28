// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/name_servers.h"

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(ServerFault fault) noexcept {
  switch (fault) {
    case ServerFault::silent:
      return "silent";
    case ServerFault::lame:
      return "lame";
    case ServerFault::failed:
      return "failed";
  }
  unreachable();
}

}  // namespace milterward::ports
