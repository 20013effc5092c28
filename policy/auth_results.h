// SPDX-License-Identifier: Apache-2.0
// What a message proved, all methods together, and how it reads in Authentication-Results.
#pragma once

#include <string>
#include <vector>

#include "policy/auth/arc/finding.h"
#include "policy/auth/arc/witness.h"
#include "policy/auth/authres/field.h"
#include "policy/auth/dmarc/evaluate.h"
#include "policy/auth/dnsbl/authres.h"
#include "policy/auth/iprev/iprev.h"
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
  auth::ListFindings lists;  // what lists in DNS say of the client
  auth::Validation validation = auth::Validation::off;  // of what DNS answers
  std::string unanswered;  // the first DNS question that found no answer: "a.test TXT"
};

/// Who logged in, RFC 8601 section 2.7.4.
auth::AuthresMethod login_method(const std::string& login);

/// For a message whose author domains nobody can name.
auth::AuthresMethod unevaluated_dmarc(const std::string& reason);

/// The results in the words of RFC 8601, always in this order: iprev, dnswl, spf for MAIL
/// FROM (for HELO besides, where it says more), dkim per signature, arc, dmarc per author
/// domain. Domains stand as A-labels, whatever the message has: readers compare them with
/// names in DNS. Of several author domains, one that passes vouches for nobody where
/// another does not, and is left out.
std::vector<auth::AuthresMethod> authres_methods(const AuthResults& results,
                                                 const ExaminedClient& client,
                                                 const std::string& mail_from);

}  // namespace milterward
