// SPDX-License-Identifier: Apache-2.0
// Which ARC Sets does a message carry, and is their structure sound? RFC 8617 sections 4.1
// to 4.2 and steps 1 to 3 of section 5.2. ARC speaks DKIM's tags, so its signature fields
// are put into the words of a DKIM-Signature and read by that reader; what differs between
// the two is all that this file knows.
//
// Looser than the RFCs where the suite of ARC's authors is, as mail is written that way:
// i= may stand anywhere in the tag list, and h= may be empty, hold empty names or lack From
// (section 5.2 imports verification from RFC 6376 section 5, not the demands of its section
// 6.1.1). Whoever trusts a chain looks at ArcFinding::author_is_signed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/arc/finding.h"
#include "policy/auth/dkim/signature.h"
#include "policy/base/clock.h"
#include "policy/base/result.h"
#include "policy/mail/header.h"

namespace milterward::auth {

inline constexpr std::string_view arc_results_name = "ARC-Authentication-Results";
inline constexpr std::string_view arc_message_name = "ARC-Message-Signature";
inline constexpr std::string_view arc_seal_name = "ARC-Seal";

/// Octets in all ARC fields of a message. A set takes 2 to 4 thousand; each ARC-Seal is
/// hashed with all sets below it, so the sender must not choose the size.
inline constexpr std::size_t arc_octets_limit = 512 * 1024;

/// An ARC-Message-Signature. `signature.body_length` is moved to `claimed_length`: the
/// whole body is hashed, and l= has to be its length, or there is content nobody signed.
struct ArcMessageSignature {
  Signature signature;
  std::optional<std::uint64_t> claimed_length;  // l=
};

struct ArcSet {
  std::size_t results_field = 0;  // which header field each of them is
  std::size_t message_field = 0;
  std::size_t seal_field = 0;
  std::string results;  // authres-payload
  /// Or why it cannot be verified, which breaks the chain in the newest set only.
  Result<ArcMessageSignature, std::string> message = Unexpected{std::string{}};
  Signature seal;
};

struct Chain {
  unsigned highest = 0;      // instance; 0 when none could be read
  bool is_there = false;     // there are ARC fields, sound or not
  bool is_closed = false;    // the newest ARC-Seal says cv=fail: section 5.1 step 2
  std::string fault;         // "" when the structure is sound
  std::vector<ArcSet> sets;  // instance i is [i - 1]; empty when there is a fault
};

Chain read_chain(const RawHeaders& headers, WallTime today);

/// What the ARC-Seal of the newest of `sets` signs, apart from itself: section 5.1.1.
std::vector<const RawHeader*> sealed_fields(const RawHeaders& headers,
                                            const std::vector<ArcSet>& sets,
                                            std::size_t newest);

}  // namespace milterward::auth
