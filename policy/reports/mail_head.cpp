// SPDX-License-Identifier: Apache-2.0
#include "policy/reports/mail_head.h"

#include <fmt/format.h>

#include "policy/mail/date_time.h"

namespace milterward::reports {

std::string head_text(const MailHead& head) {
  return fmt::format(
      "Date: {}\r\n"
      "From: <{}>\r\n"
      "To: <{}>\r\n"
      "Subject: {}\r\n"
      "Message-ID: <{}@{}>\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: {}\r\n"
      "\r\n",
      date_time_of(head.made_at), head.from, fmt::join(head.to, ">,\r\n <"), head.subject,
      head.message_id, head.receiver, head.content_type);
}

}  // namespace milterward::reports
