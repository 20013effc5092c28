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

SmtpResult SmtpConnection::say(std::string_view line) {
  if (const auto fault = send(std::string{line} + "\r\n")) return Unexpected{*fault};
  return hear();
}

std::vector<SmtpResult> SmtpConnection::say_at_once(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& line : lines) all += line + "\r\n";
  if (const auto fault = send(all)) return {Unexpected{*fault}};
  std::vector<SmtpResult> replies;
  do replies.push_back(hear());
  while (replies.size() < lines.size() && replies.back());
  return replies;
}

}  // namespace milterward::ports
