// SPDX-License-Identifier: Apache-2.0
// Which keys sign a message, and which fields are covered. Pure functions of the
// configuration and the message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/sign.h"
#include "policy/mail/domain.h"
#include "policy/mail/header.h"
#include "policy/sign/key_ring.h"

namespace milterward::sign {

/// The MTA that carries our signature away, as far as it changes mail behind the filter.
enum class Mta { postfix, sendmail, other };

/// The keys whose domain is the author's; with none, those of the nearest parent domain
/// that signs for its subdomains. RSA first, since a verifier that gives up early knows
/// RSA; then Ed25519, then keys that could not be loaded, each in the order of the
/// configuration.
std::vector<const RingKey*> keys_for(const KeyRing& ring, const Domain& author_domain);

/// The names for a SigningRequest.
struct NamesToSign {
  std::vector<std::string> oversigned;
  std::vector<std::string> signed_if_there;

  bool operator==(const NamesToSign&) const = default;
};

/// What a reader sees is oversigned, so that nobody adds a second one later (RFC 6376
/// section 8.15); other fields of the author are signed as often as they occur. Behind the
/// filter, Sendmail adds a missing Date and Message-ID, qualifies and refolds To and Cc:
/// those are then left out, as with an MTA we do not know.
NamesToSign names_to_sign(Mta mta, const RawHeaders& headers);

}  // namespace milterward::sign
