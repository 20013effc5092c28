// SPDX-License-Identifier: Apache-2.0
// How the domains that belong together are found; what findings lead to is in inbound.h.
// [dmarc]
#pragma once

namespace milterward::conf {

enum class DmarcDiscovery {
  treewalk,  // RFC 9989 section 4.10: ask DNS, parent by parent
  psl,       // RFC 7489 section 3.2: the public suffix list libpsl was built with
};

struct DmarcSettings {
  DmarcDiscovery discovery;
};

}  // namespace milterward::conf
