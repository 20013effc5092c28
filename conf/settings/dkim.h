// SPDX-License-Identifier: Apache-2.0
// How DKIM signatures are verified and made; what findings lead to is in inbound.h. [dkim]
#pragma once

namespace milterward::conf {

enum class DkimEngine { native, libopendkim };

/// What a signature is worth that says by l= how much of the body it covers.
enum class BodyLength {
  whole,  // it counts when that is all of the body
  never,  // it does not count
  part,   // it counts, whatever follows: RFC 6376 section 3.5
};

struct DkimSettings {
  DkimEngine engine;
  BodyLength body_length;
};

}  // namespace milterward::conf
