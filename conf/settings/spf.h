// SPDX-License-Identifier: Apache-2.0
// Which engine reads SPF records; what its findings lead to is in inbound.h. [spf]
#pragma once

namespace milterward::conf {

enum class SpfEngine { native, libspf2 };

struct SpfSettings {
  SpfEngine engine;
  bool received_spf;  // add Received-SPF fields, RFC 7208 section 9.1
};

}  // namespace milterward::conf
