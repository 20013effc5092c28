// SPDX-License-Identifier: Apache-2.0
// Asks the directory about who sends: the class of the account, whether MAIL FROM, From and
// Sender name what is its own, which author domains it may have signed. Waits for the
// directory; decides nothing.
#pragma once

#include <string>
#include <vector>

#include "policy/mail/author.h"
#include "policy/mail/header.h"
#include "policy/ports/directory.h"
#include "policy/rules/facts.h"
#include "policy/services.h"

namespace milterward {

/// Fills in class and claim of MAIL FROM. Strangers are not asked about.
void note_sender(rules::SenderFacts& facts, const Services& services);

/// Fills in the claim of From and Sender.
void note_authors(rules::MessageFacts& facts, const Authors& authors,
                  const RawHeaders& headers, const Services& services);

/// The author domains of a stranger's mail that are ours.
void note_our_domains(rules::MessageFacts& facts, const std::vector<Domain>& author_domains,
                      const Services& services);

/// The author domains the submitter may use: all of them while nobody owns anything; else
/// those whose every author in the message is the login's own. Each once, in order.
ports::DirectoryResult<std::vector<std::string>> entitled_domains(const std::string& login,
                                                                  const Authors& authors,
                                                                  const Services& services);

}  // namespace milterward
