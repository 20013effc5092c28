// SPDX-License-Identifier: Apache-2.0
// What Sendmail has to be told of us, and what is wrong with what it is told. Its defaults
// fail open: without F=T mail passes unfiltered while we are away, and without R: a reply
// may take 10 s, which DNS easily does.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "milter/attach/sendmail_filters.h"

namespace milterward::attach {

struct SendmailWish {
  std::string socket;  // ours, as milter.socket spells it, which is Sendmail's way too
  std::chrono::seconds slowest_answer{8};  // dns.message_deadline
};

/// "INPUT_MAIL_FILTER(`milterward', `S=..., F=T, T=C:5s;S:10s;R:60s;E:5m')dnl"
std::string mc_line(const SendmailWish& wish);

struct SendmailFinding {
  std::vector<std::string> wrong;  // mail would not be filtered as it should be
  std::vector<std::string> notes;
  std::vector<unsigned> lines;  // that name us
};

SendmailFinding check_sendmail(const SendmailFilters& filters, const SendmailWish& wish);

}  // namespace milterward::attach
