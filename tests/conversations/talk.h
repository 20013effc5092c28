// SPDX-License-Identifier: Apache-2.0
// Plays a conversation of a .cases stanza against a Connection. The keys are read in order:
//   conf:      TOML lines of the configuration
//   zone:      DNS records (support/fake_resolver.h)
//   macro:     {name}=value, valid from here on
//   connect:   ADDRESS [HOST] [PORT]
//   helo: mail: rcpt:   the argument as the MTA hands it on
//   message:   header lines, `.` alone, body lines; a leading `|` keeps white space behind
//              it, a leading `*N ` repeats the line N times
//   from:      a message with this From field
//   sent:      lines as they come over the wire, taken apart as an MTA does
//   again:     hands in the message as the last one left us, edits carried out, and lines
//              `old -> new` replaced
//   sign:      DOMAIN SELECTOR  the next message comes signed by a foreign host (RSA);
//              with "if-possible" behind it, one that cannot be signed comes unsigned
//   seal:      DOMAIN SELECTOR RESULTS: adds an ARC Set to it, above those before
//   want:      the verdict of the step before
//   redirected:    "RECIPIENT ... to MAILBOX" of that verdict, several separated by "; "
//   has: hasnot:   text in the message as it left us, unfolded
//   log:       text in the last log line
//   logged:    text in any log line
//   facts: nofacts:   text in the facts of the last message
//   aligned:   a domain that the messages to come are authenticated for
//   shows:     domains a reader may take for the author's: unless all are aligned, neither
//              log nor message may say dmarc=pass
//   wait:      seconds
//   abort:     RSET, or the end of a transaction
//   lock: unlock: reset: promote:   an account, as a postmaster does
//   reload:    OLD -> NEW in the configuration; a new connection has to begin
//   store:     down, up again, or share: a shared one is away, and this daemon counts alone
// $RSA and $ED25519 in a zone are the p= values of the keys behind $RSA_FILE and
// $ED25519_FILE. Every message handed in is checked for soundness.h.
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
