// SPDX-License-Identifier: Apache-2.0
// Does the Authenticated Received Chain of a message hold? RFC 8617 section 5.2, on our own
// DKIM core: its canonical forms, key records, limits of RSA and hashes. A stream like
// DkimVerification: headers first, then the body in chunks, then the verdict.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/arc/chain.h"
#include "policy/auth/arc/finding.h"
#include "policy/auth/dkim/key_cache.h"
#include "policy/auth/dkim/message_hash.h"
#include "policy/auth/dkim/screening.h"
#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/mail/header.h"
#include "policy/ports/resolver.h"

namespace milterward::auth {

class ArcValidation {
 public:
  /// All headers of the message, in order, as received; they are copied when there is a
  /// chain to verify. Asks for all its keys at once, for none when the structure is broken.
  /// Never blocks. `keys` are best shared with the verifier of DKIM.
  ArcValidation(const RawHeaders& headers, ports::Resolver& dns, const Clock& clock,
                std::shared_ptr<KeyCache> keys = std::make_shared<KeyCache>());

  void body(std::string_view chunk);

  /// Once, last. Waits for keys until the deadline; a key that DNS did not give makes the
  /// chain fail (section 5.2.1).
  ArcFinding finish(Deadline deadline);

 private:
  struct Fault {
    std::string reason;
    bool is_for_want_of_dns = false;
  };
  /// A fault, or that there is none.
  using Verdict = std::optional<Fault>;

  Verdict verify_message(std::size_t set, const FieldIndex& index, Deadline deadline) const;
  Verdict verify_seal(std::size_t set, Deadline deadline) const;
  Verdict verify_chain(ArcFinding& finding, Deadline deadline) const;

  Chain chain_;
  std::shared_ptr<KeyCache> keys_;
  RawHeaders headers_;                                    // empty without a chain to verify
  std::vector<ports::Pending> message_keys_, seal_keys_;  // one for each set
  BodyHashes bodies_;
};

}  // namespace milterward::auth
