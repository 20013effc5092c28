// SPDX-License-Identifier: Apache-2.0
// The examination of one message of ours before it leaves: would receivers take it? What
// needs DNS (SPF, PTR, the DMARC record) is asked only for addresses that
// preflight.egress names, early, and waited for at the end. Nothing here decides anything.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/auth/dmarc/tree_walk.h"
#include "policy/line_meter.h"
#include "policy/outgoing_header.h"
#include "policy/ports/resolver.h"
#include "policy/rules/facts.h"
#include "policy/services.h"
#include "policy/sign/departure.h"

namespace milterward {

class PreflightCheck {
 public:
  /// `headers` are complete, with what we add. All must outlive this.
  PreflightCheck(const Services& services, ports::Resolver& dns, sign::Mta mta,
                 const RawHeaders& headers, const rules::MessageFacts& facts);

  void body(std::string_view chunk) noexcept { lines_.feed(chunk); }
  /// Fills in the facts; `ours` are the signatures we add. Waits for DNS until the
  /// deadline; what it does not answer is no finding.
  void note(rules::MessageFacts& facts, const std::vector<Signer>& ours, Deadline deadline);

 private:
  void note_alignment(rules::MessageFacts& facts, std::vector<Signer> signers) const;
  void note_egress(rules::MessageFacts& facts, Deadline deadline);

  const Services& services_;
  ports::Resolver& dns_;
  OutgoingHeader header_;
  LineMeter lines_;
  std::optional<auth::Discovery> policy_;  // where DNS is asked, and there is one author
};

/// What a signature by this request is.
Signer signer_of(const ports::SigningRequest& request);

/// The fields that a message lacks and [preflight] adds: Message-ID, Date. `id` is of the
/// message, `host` ours.
RawHeaders missing_fields(const RawHeaders& headers,
                          const conf::PreflightSettings& settings, std::string_view id,
                          std::string_view host, WallTime today);

}  // namespace milterward
