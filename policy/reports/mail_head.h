// SPDX-License-Identifier: Apache-2.0
// The header of a report mail of ours, whichever kind it is. That it is Auto-Submitted
// (RFC 3834) keeps vacation programs, and us, from answering it.
#pragma once

#include <string>
#include <vector>

#include "policy/base/clock.h"

namespace milterward::reports {

struct MailHead {
  std::string from;      // an address, without brackets
  std::string receiver;  // its domain, which reports
  std::vector<std::string> to;
  std::string subject;     // folded already
  std::string message_id;  // what stands before the "@"
  WallTime made_at{};
  std::string content_type;
};

/// With the empty line at its end; lines end in CRLF.
std::string head_text(const MailHead& head);

}  // namespace milterward::reports
