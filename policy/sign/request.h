// SPDX-License-Identifier: Apache-2.0
// What one signature is to cover and to say: the options of its key, and the fields that
// leave as they can be foreseen.
#pragma once

#include "policy/base/clock.h"
#include "policy/ports/dkim.h"
#include "policy/sign/departure.h"
#include "policy/sign/key_ring.h"

namespace milterward::sign {

/// For a key that was loaded. Fields that nobody knows how they leave are not covered, From
/// apart, which must be.
///
/// A field the key oversigns cannot be added later (RFC 6376 section 8.15). Those that an
/// MTA on the way may rightly add to a message that lacks them are oversigned only when
/// they are there.
ports::SigningRequest request_for(const RingKey& key, const LeavingHeader& header,
                                  WallTime now);

}  // namespace milterward::sign
