// SPDX-License-Identifier: Apache-2.0
// Does the owner of the domain ask for a failure report about this message? fo= and ruf= of
// RFC 9989 section 4.7. One message makes one report: where several options ask, the one
// about DMARC is sent, since it says of both methods what became of them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/auth/dmarc/evaluate.h"
#include "policy/ports/dkim.h"
#include "policy/ports/spf_checker.h"

namespace milterward::reports {

/// The words of Auth-Failure (RFC 6591 section 3.3, RFC 9991 section 4): what the report is
/// about.
enum class AuthFailure {
  dmarc,
  signature,  // of a DKIM signature: it does not hold,
  bodyhash,   // the body is another one,
  revoked,    // its key was withdrawn
  spf,
};
std::string_view to_text(AuthFailure failure) noexcept;

/// A signature that was evaluated, and not to anybody's credit (fo=d). Not one whose key
/// DNS did not give: that may be well.
bool is_failed(const ports::DkimFinding& signature) noexcept;
/// The same of SPF (fo=s): the record speaks against the client, or cannot be used. Who has
/// no record, or a neutral one, has not failed.
bool is_failed(const ports::SpfFinding& spf) noexcept;

/// The failed signature to speak of, one that could have been aligned before others; null
/// for none.
const ports::DkimFinding* failed_signature(const auth::DmarcFinding& finding,
                                           const std::vector<ports::DkimFinding>& dkim);

/// What is to be reported; none where nobody asks, or nobody may ask: without ruf=, of a
/// public suffix (psd=y, RFC 9991 section 2), and while DNS leaves DMARC open.
std::optional<AuthFailure> failure_asked_for(const auth::DmarcFinding& finding,
                                             const ports::SpfFinding& spf,
                                             const std::vector<ports::DkimFinding>& dkim);

}  // namespace milterward::reports
