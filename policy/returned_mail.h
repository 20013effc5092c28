// SPDX-License-Identifier: Apache-2.0
// Did this message pass us before? Reads the trace fields of a message that a trusted host
// hands in; anyone else's are not even looked at.
#pragma once

#include <string>
#include <vector>

#include "policy/base/clock.h"
#include "policy/mail/header.h"
#include "policy/rules/facts.h"
#include "policy/sign/trace.h"

namespace milterward {

struct ReturnedMail {
  rules::Returned returned = rules::Returned::no;
  std::vector<std::string> entitled_domains;  // of the submitter who first handed it in
  std::vector<std::string> field_digests;     // fields of ours that may stay

  bool operator==(const ReturnedMail&) const = default;
};

/// Only hosts we trust hand in mail that passed us before; a login is a new submission.
bool may_bring_traces(const rules::SenderFacts& sender) noexcept;

/// An inbound trace of this very message rules over all others. One of another message that
/// shares an author domain with this one (a list changed the Date), or whose author had no
/// full domain when it entered (an MTA completed it since), keeps its author unsigned.
ReturnedMail judge_traces(const RawHeaders& headers,
                          const std::vector<std::string>& author_domains,
                          const sign::TraceSecret& secret, WallTime today);

}  // namespace milterward
