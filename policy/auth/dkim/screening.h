// SPDX-License-Identifier: Apache-2.0
// Which signatures of a message are worth verifying, and with which key? The part of
// verifying that all engines share: fields are parsed strictly, keys asked for early and
// judged by us, so that an engine only ever hashes and compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "conf/settings/dkim.h"
#include "policy/auth/dkim/key_cache.h"
#include "policy/auth/dkim/public_key.h"
#include "policy/auth/dkim/signature.h"
#include "policy/base/clock.h"
#include "policy/base/deadline.h"
#include "policy/mail/header.h"
#include "policy/ports/resolver.h"

namespace milterward::auth {

/// Signatures examined in one message. Mailing lists and relays bring 2 to 5; each costs a
/// DNS question and a public-key operation, so the sender must not choose the number.
inline constexpr std::size_t signature_limit = 10;

/// A signature without a fault so far, its key being asked for.
struct Candidate {
  std::size_t field = 0;    // which header field it is
  std::size_t finding = 0;  // where its verdict belongs
  Signature signature;
  ports::Pending key;
};

struct Screening {
  /// One for each of the first `signature_limit` signature fields; those of candidates are
  /// still to be filled. One more, `policy`, stands for all fields beyond.
  std::vector<ports::DkimFinding> findings;
  std::vector<Candidate> candidates;
};

/// Never blocks.
Screening screen_signatures(const RawHeaders& headers, ports::Resolver& dns,
                            const Clock& clock);

struct UsableKey {
  PublicKey key;
  bool is_testing = false;  // t=y

  /// The finding of a signature by this key.
  ports::DkimFinding finding(const Signature& signature, ports::DkimResult result,
                             std::string reason = {}) const;
  /// The finding of a signature whose hashes are right, over a canonical body this long.
  ports::DkimFinding right(const Signature& signature, std::uint64_t body_length,
                           conf::BodyLength rule) const;
};

/// Waits for the key of a candidate. The fault is the verdict: temperror when DNS did not
/// answer, permerror when there is no key, or none this signature may use, policy when its
/// length is not accepted. RFC 6376 section 6.1.2; of several records the first usable one
/// counts (its step 4).
Result<UsableKey, ports::DkimFinding> fetch_key(const Candidate& candidate, KeyCache& keys,
                                                Deadline deadline);

}  // namespace milterward::auth
