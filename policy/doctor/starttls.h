// SPDX-License-Identifier: Apache-2.0
// Does a server that takes our mail offer TLS (RFC 3207)? Its certificate is not looked at:
// senders who only encrypt when they can accept any, and those who want a certain one are
// told by MTA-STS or DANE.
#pragma once

#include <string>

#include "policy/doctor/finding.h"
#include "policy/ports/smtp_server.h"

namespace milterward::doctor {

/// Connects, says EHLO and STARTTLS, and begins no TLS. `host` is for the reader.
Findings examine_starttls(ports::SmtpServer& server, const std::string& host,
                          const std::string& helo);

}  // namespace milterward::doctor
