// SPDX-License-Identifier: Apache-2.0
// What reading and examining a message found, as the facts that rules read. Nothing here
// waits, and nothing decides.
#pragma once

#include <vector>

#include "conf/config.h"
#include "policy/auth_results.h"
#include "policy/base/result.h"
#include "policy/mail/author.h"
#include "policy/rules/facts.h"

namespace milterward {

/// Fills in the state of From and the author domains.
void note_from(rules::MessageFacts& facts, const Result<Authors, AuthorFault>& authors);

/// Fills in what the checks found about `client` and the message. DMARC without an author
/// domain is a permerror, as unevaluated_dmarc() tells it.
void note_results(rules::MessageFacts& facts, const AuthResults& results,
                  const ExaminedClient& client, const conf::Config& config);

}  // namespace milterward
