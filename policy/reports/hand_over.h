// SPDX-License-Identifier: Apache-2.0
// A mail of ours, handed to our own mail server by SMTP (RFC 5321), which passes it through
// Milterward to be signed and sends it on. Never by sendmail(1): a program that is to be
// run, and believed, as another user is more to get wrong than a connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/ports/report_points.h"
#include "policy/ports/smtp_server.h"

namespace milterward::reports {

struct Envelope {
  std::string helo;
  std::string from;
  std::vector<std::string> to;
};

struct HandOver {
  enum class Outcome {
    taken,        // by one recipient at least
    refused,      // for good: the mail
    unreachable,  // for good: each recipient
    not_now,      // or nobody knows: to be tried again
  };
  Outcome outcome = Outcome::not_now;
  std::string reason;                    // of who did not take it
  std::vector<std::string> taken;        // recipients that were accepted
  std::vector<std::string> unreachable;  // those refused for good

  bool operator==(const HandOver&) const = default;
};

/// `mail` has lines that end in CRLF. Waits as long as the server's connection does.
HandOver hand_over(ports::SmtpServer& server, const Envelope& envelope,
                   std::string_view mail, const ports::AtReportPoint& at = {});

}  // namespace milterward::reports
