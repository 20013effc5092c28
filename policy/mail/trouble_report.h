// SPDX-License-Identifier: Apache-2.0
// Which message do a notice of failure (RFC 3464) and a report of a complaint (RFC 5965)
// speak of? Read line by line: each kind of field counts only in a part that holds it, and
// nothing behind the returned header, which the sender has written. What is found here is
// believed only where it matches a message that we know of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milterward {

struct TroubleReport {
  bool is_feedback = false;         // it has a Feedback-Type (RFC 5965 section 3.1)
  bool is_complaint = false;        // of a type that says that mail was unwanted
  std::string mail_from;            // of feedback: Original-Mail-From, which many hide
  std::string message_id;           // of the returned header, with its brackets
  std::vector<std::string> failed;  // recipients with "Action: failed"

  bool operator==(const TroubleReport&) const = default;
};

/// Of a body whose beginning may be all there is.
TroubleReport parse_trouble_report(std::string_view body);

}  // namespace milterward
