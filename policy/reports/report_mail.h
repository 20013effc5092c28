// SPDX-License-Identifier: Apache-2.0
// The mail around an aggregate report: names, subject and MIME as RFC 9990 section 3.5.2
// wants them. All of it follows from its arguments, so that a report that is handed over a
// second time is the same to the last octet.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/base/clock.h"

namespace milterward::reports {

struct ReportMail {
  std::string from;      // an address, without brackets
  std::string receiver;  // its domain, which reports
  std::vector<std::string> to;
  std::string domain;      // that the report is about
  std::string report_id;   // letters and digits; also the unique-id of the file name
  std::string message_id;  // what stands before the "@"
  std::chrono::seconds begin{0};
  std::chrono::seconds end{0};  // the first second that is not in it
  WallTime made_at{};
  std::string xml;
};

/// "example.org!example.com!1795737600!1795823999!d41d8c.xml.gz"
std::string file_name(const ReportMail& mail);
/// Lines end in CRLF, and none is longer than SMTP allows.
std::string mail_text(const ReportMail& mail);

}  // namespace milterward::reports
