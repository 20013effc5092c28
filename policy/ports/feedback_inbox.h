// SPDX-License-Identifier: Apache-2.0
// Who reads the reports that come by mail. Whoever decides about mail hands over what it
// has collected and thinks of it no more.
#pragma once

#include <memory>
#include <string>

#include "policy/mail/header.h"

namespace milterward::ports {

/// Mail to an address for reports, once it is accepted.
struct FeedbackMail {
  std::string id;       // our own name of the message, as in the log
  std::string author;   // the domain of its author, "" where it has not exactly one
  bool passed = false;  // DMARC, for that domain
  RawHeaders headers;   // those that say what the body is
  std::string body;
};

class FeedbackInbox {
 public:
  virtual ~FeedbackInbox() = default;
  /// Never waits and never throws: where there is no room the mail is dropped and counted.
  virtual void take(std::unique_ptr<const FeedbackMail> mail) noexcept = 0;
};

}  // namespace milterward::ports
