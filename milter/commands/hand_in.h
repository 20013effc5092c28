// SPDX-License-Identifier: Apache-2.0
// Hands one message to a Connection as an MTA would.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/mail/message_text.h"
#include "policy/mail/network.h"
#include "policy/rules/verdict.h"
#include "policy/services.h"

namespace milterward::commands {

struct Envelope {
  IpAddress client;  // unknown: mail that did not come by SMTP
  std::string helo;
  std::string sender;  // without brackets, "" for the null sender
  std::vector<std::string> recipients;
  std::string login;
};

/// What the MTA would have heard at each step. The message is handed in even where a
/// recipient or the sender was refused.
struct Heard {
  rules::Verdict sender;
  std::vector<std::pair<std::string, rules::Verdict>> recipients;
  rules::Verdict message;
};

Heard hand_in(std::shared_ptr<const Services> services, const Envelope& envelope,
              const MessageText& message);

}  // namespace milterward::commands
