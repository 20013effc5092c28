// SPDX-License-Identifier: Apache-2.0
// Adds an ARC Set to mail that is sent on: RFC 8617 section 5.1. The body comes in chunks
// while the message passes; the headers, the results and the status of the chain come last,
// since sealing comes after all changes, our own DKIM-Signature included.
//
// Tags stand in alphabetical order, as sealers before us write them: signatures cover the
// order, and so ours can be compared with theirs to the octet. All lines are short, b= too:
// an ARC-Seal covers the b= of its ARC-Message-Signature with the white space in it, so
// that a relay that wraps long lines would break the chain.
#pragma once

#include <string_view>
#include <vector>

#include "policy/auth/arc/finding.h"
#include "policy/auth/dkim/message_hash.h"
#include "policy/base/result.h"
#include "policy/mail/header.h"
#include "policy/ports/dkim.h"

namespace milterward::sign {

class ArcSealing {
 public:
  /// Of the names to sign, Authentication-Results and the ARC fields are left out: section
  /// 4.1.2. x= is given to the ARC-Message-Signature alone, since seals have none.
  explicit ArcSealing(ports::SigningRequest request);

  void body(std::string_view chunk);

  /// ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results, to be inserted in this
  /// order above all headers; folded with CRLF and a space. `headers` are those of the
  /// message as it leaves; `chain` is what validating it found when it came; `results` is
  /// an authres-payload, all results in one (section 4.1.1).
  ///
  /// A chain that failed is sealed with cv=fail, and that seal covers its own set only
  /// (section 5.1.2); so is one whose fields are no longer those that passed. Empty, and
  /// nothing to be added: the newest seal says cv=fail already, or the chain has all the
  /// 50 sets it may have. Call it once.
  Result<std::vector<RawHeader>, ports::SigningFault> finish(const RawHeaders& headers,
                                                             auth::ArcResult chain,
                                                             std::string_view results);

 private:
  ports::SigningRequest request_;
  auth::BodyHash body_;
};

}  // namespace milterward::sign
