// SPDX-License-Identifier: Apache-2.0
// What a message proved, all methods together, and how it reads in Authentication-Results.
#pragma once

#include <string>
#include <vector>

#include "policy/auth/arc/finding.h"
#include "policy/auth/arc/witness.h"
#include "policy/auth/authres/field.h"
#include "policy/auth/dmarc/evaluate.h"
#include "policy/auth/iprev/iprev.h"
#include "policy/mail/header.h"
#include "policy/ports/dkim.h"
#include "policy/ports/spf_checker.h"

namespace milterward {

/// Whom SPF and iprev are about: the client, or the one an upstream host of ours names.
struct ExaminedClient {
  IpAddress address;  // unknown when the upstream's Received line cannot be read
  std::string helo;
  std::string unknown_why;  // the reason, when it is unknown
};

struct AuthResults {
  ports::SpfFinding mail_from;
  ports::SpfFinding helo;
  std::vector<ports::DkimFinding> dkim;
  auth::ArcFinding arc;
  std::vector<auth::ArcWitness> arc_witnesses;  // for any of the author domains
  std::vector<auth::DmarcFinding> dmarc;        // one per author domain examined
  auth::IprevFinding iprev;
  std::string unanswered;  // the first DNS question that found no answer: "a.test TXT"
};

/// The field with all results, RFC 8601: iprev, spf for MAIL FROM (for HELO besides, where
/// it says more), dkim per signature, arc, dmarc per author domain.
RawHeader authres_field(const std::string& authserv_id, const AuthResults& results,
                        const ExaminedClient& client, const std::string& mail_from);

}  // namespace milterward
