// SPDX-License-Identifier: Apache-2.0
// Plays a conversation of a .cases stanza against a Connection. The keys are read in order:
//   conf:    TOML lines of the configuration
//   zone:    DNS records (support/fake_resolver.h)
//   macro:   {name}=value, valid from here on
//   connect: ADDRESS [HOST] [PORT]
//   helo:, mail:, rcpt:   the argument as the MTA hands it on
//   sign:    DOMAIN SELECTOR: signs the next message as a foreign host would (RSA)
//   seal:    DOMAIN SELECTOR RESULTS: adds an ARC Set to it, above those before
//   message: header lines, `.` alone, body lines; a leading `|` keeps white space behind it
//   again:   hands in the message as the last one left us, edits carried out
//   want:    the verdict of the step before
//   has:, hasnot:     text in the message as it left us
//   redirected:       "RECIPIENT ... to MAILBOX" of that verdict, several separated by "; "
//   log:     text in the last log line
//   facts:, nofacts:  text in the facts of the last message
//   wait:    seconds pass
// $RSA and $ED25519 in a zone are the p= values of the keys behind $RSA_FILE and
// $ED25519_FILE.
#pragma once

#include <vector>

#include "conf/settings/dkim.h"
#include "policy/ports/resolver.h"
#include "policy/rules/verdict.h"
#include "tests/support/cases.h"

namespace milterward::tests {

/// What a conversation came to: the verdict of its last step, and all questions to DNS.
struct Played {
  rules::Verdict verdict;
  std::vector<ports::DnsQuestion> asked;
};

/// Checks every expectation with Boost.Test.
Played play(conf::DkimEngine engine, const Case& conversation);

}  // namespace milterward::tests
