// SPDX-License-Identifier: Apache-2.0
// What do sealers we trust say of the author of a message? RFC 8617 section 7.2. Forwarding
// breaks SPF, lists break DKIM; a sealer that had the message before says in its
// ARC-Authentication-Results what it saw.
//
// Only the sealers at the end of the chain count, up to the first that is not trusted:
// whoever had the message later may have written it anew. And only a chain whose newest
// ARC-Message-Signature covers From speaks of the author at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/arc/finding.h"
#include "policy/mail/domain.h"

namespace milterward::auth {

/// What the sealer saw pass for the author domain.
enum class ArcProof { dmarc, dkim, spf };
std::string_view to_text(ArcProof proof) noexcept;

struct ArcWitness {
  std::string sealer;  // d= of its ARC-Seal
  ArcProof proof = ArcProof::dmarc;
  std::string author_domain;
  bool operator==(const ArcWitness&) const = default;
};

/// An author domain, and what is aligned with it beside itself.
struct ArcAuthor {
  Domain domain;
  Domain organizational;  // empty: not known
  bool dkim_is_strict = false;
  bool spf_is_strict = false;
};

/// Is the d= of an ARC-Seal one of those?
bool is_trusted_sealer(std::string_view sealer, const std::vector<Domain>& trusted);

/// At most one for each trusted sealer, the newest first. DMARC rules where the sealer
/// checked it: a fail makes its results of SPF and DKIM void.
std::vector<ArcWitness> witnesses_of(const ArcFinding& chain,
                                     const std::vector<Domain>& trusted,
                                     const ArcAuthor& author);

}  // namespace milterward::auth
