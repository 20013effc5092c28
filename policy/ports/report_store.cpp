// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/report_store.h"

#include <algorithm>

#include "policy/base/ascii.h"
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

std::string counted_as(std::string_view address) { return to_lower(address); }

std::string host_counted_as(std::string_view address) {
  return to_lower(address.substr(std::min(address.rfind('@'), address.size())));
}

}  // namespace milterward::ports
