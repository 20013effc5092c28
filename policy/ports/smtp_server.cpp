// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/smtp_server.h"

#include "policy/base/unreachable.h"

namespace milterward::ports {

std::string_view to_text(SmtpFault fault) noexcept {
  switch (fault) {
    case SmtpFault::not_connected:
      return "no connection";
    case SmtpFault::closed:
      return "the server closed the connection";
    case SmtpFault::timed_out:
      return "no reply in time";
    case SmtpFault::malformed:
      return "no SMTP reply";
  }
  unreachable();
}

}  // namespace milterward::ports
