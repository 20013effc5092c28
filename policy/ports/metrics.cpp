// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/metrics.h"

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(Stage stage) noexcept {
  switch (stage) {
    case Stage::connect:
      return "connect";
    case Stage::helo:
      return "helo";
    case Stage::mail:
      return "mail";
    case Stage::rcpt:
      return "rcpt";
    case Stage::end_of_headers:
      return "end_of_headers";
    case Stage::end_of_message:
      return "end_of_message";
  }
  unreachable();
}

std::string_view to_text(DnsAsked how) noexcept {
  switch (how) {
    case DnsAsked::cached:
      return "cached";
    case DnsAsked::joined:
      return "joined";
    case DnsAsked::sent:
      return "sent";
  }
  unreachable();
}

}  // namespace milterward::ports
