// SPDX-License-Identifier: Apache-2.0
// What do we ask of an MTA that offers so much? Only what is offered: Sendmail drops a
// filter that asks for more, and mail then passes unfiltered. Larger packets (SMFIP_MDS_*)
// are not asked for: neither MTA offers them, and either front takes what comes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "milter/front/answer.h"
#include "milter/front/protocol.h"
#include "policy/base/result.h"

namespace milterward::front {

struct Offer {
  unsigned long actions = 0;  // protocol::actions
  unsigned long steps = 0;    // protocol::steps
};

/// A verdict falls at MAIL, RCPT and the end of the message. At every other step "no reply"
/// saves both sides a switch, where the MTA knows it.
inline constexpr unsigned long no_reply_steps =
    protocol::steps::no_reply_connect | protocol::steps::no_reply_helo |
    protocol::steps::no_reply_data | protocol::steps::no_reply_header |
    protocol::steps::no_reply_end_of_headers | protocol::steps::no_reply_body;

struct Agreement {
  unsigned long actions = 0;
  unsigned long steps = 0;
  LeadingSpace leading_space = LeadingSpace::in_value;
  bool may_quarantine = true;
  bool may_redirect = true;
  bool may_name_macros = true;

  bool operator==(const Agreement&) const = default;
};

/// What to ask for, or why this MTA cannot be served.
Result<Agreement, std::string> agree_on(const Offer& offer);

/// What the MTA is asked to tell at a stage (protocol::stages): names, separated by blanks.
struct MacroRequest {
  std::uint32_t stage = 0;
  std::string names;
};
std::vector<MacroRequest> macro_requests();

/// The names in one blank-separated list, each once.
std::string macro_list(const std::vector<std::string_view>& wishes,
                       const std::vector<std::string_view>& further = {});

}  // namespace milterward::front
