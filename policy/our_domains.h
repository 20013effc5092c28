// SPDX-License-Identifier: Apache-2.0
// Is this recipient ours, and under which policy? The facts that the relay rule reads.
#pragma once

#include <string_view>

#include "policy/rules/facts.h"
#include "policy/services.h"
#include "policy/sign/departure.h"
#include "policy/steps.h"

namespace milterward {

/// The part of RecipientFacts that `argument` and macros tell. `argument` is RCPT's, with
/// or without angle brackets. The recipient's identity is what the client said, never
/// {rcpt_addr}: Sendmail cuts the domain off there. Waits for the directory.
rules::RecipientFacts recipient_facts(const Services& services, sign::Mta mta,
                                      const rules::SenderFacts& sender,
                                      std::string_view argument, const Macros& macros);

}  // namespace milterward
