// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/report_store.h"

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(DeliveryState state) noexcept {
  switch (state) {
    case DeliveryState::waiting:
      return "waiting";
    case DeliveryState::sent:
      return "sent";
    case DeliveryState::failed:
      return "failed";
    case DeliveryState::suppressed:
      return "suppressed";
  }
  unreachable();
}

}  // namespace milterward::ports
