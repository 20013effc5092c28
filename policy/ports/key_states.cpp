// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/key_states.h"

#include <array>

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(KeyState state) noexcept {
  switch (state) {
    case KeyState::fresh:
      return "new";
    case KeyState::published:
      return "published";
    case KeyState::active:
      return "active";
    case KeyState::retiring:
      return "retiring";
    case KeyState::revoked:
      return "revoked";
  }
  unreachable();
}

std::optional<KeyState> parse_key_state(std::string_view text) noexcept {
  for (const auto state : std::array{KeyState::fresh, KeyState::published, KeyState::active,
                                     KeyState::retiring, KeyState::revoked})
    if (text == to_text(state)) return state;
  return std::nullopt;
}

}  // namespace milterward::ports
