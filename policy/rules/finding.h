// SPDX-License-Identifier: Apache-2.0
// One thing found about a message, what the configuration makes of it, and the words for
// the sender. Every area of policy finds in this form; inbound.h weighs them.
#pragma once

#include <string>
#include <string_view>

#include "policy/base/reply.h"

namespace milterward::rules {

struct Finding {
  std::string rule;  // "dmarc.reject"
  Action action = Action::accept;
  Reply reply;          // for defer and reject
  std::string because;  // what else decided, in short; "" for nothing

  bool operator==(const Finding&) const = default;
};

/// A reply that fits the action: 550 5.x for a refusal, 451 4.x for a deferral, none for
/// the others. `status_detail` is the code without its class: "7.1".
Finding finding(std::string rule, Action action, std::string_view status_detail,
                std::string text);

/// A check that did not finish never refuses for good: the next try may find the mail
/// authentic. `reject` means here that it must not pass unchecked.
Finding unfinished(std::string rule, Action action, std::string_view status_detail,
                   std::string text);

}  // namespace milterward::rules
