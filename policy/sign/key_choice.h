// SPDX-License-Identifier: Apache-2.0
// Which keys sign a message. A pure function of the configuration and the author.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/sign.h"
#include "policy/mail/domain.h"
#include "policy/sign/key_ring.h"

namespace milterward::sign {

/// The keys whose domain is the author's; with none, those of the nearest parent domain
/// that signs for its subdomains. RSA first, since a verifier that gives up early knows
/// RSA; then Ed25519, then keys that could not be loaded, each in the order of the
/// configuration.
std::vector<const RingKey*> keys_for(const KeyRing& ring, const Domain& author_domain);

}  // namespace milterward::sign
