// SPDX-License-Identifier: Apache-2.0
// Where HTTP is served: an address of this host and a port, "127.0.0.1:9117" or
// "[::1]:9117". No names: whom they lead to may change between two reloads, and with it who
// may look.
#pragma once

#include <cstdint>
#include <string_view>

#include "conf/problem.h"
#include "policy/base/result.h"
#include "policy/mail/network.h"

namespace milterward::conf {

struct ListenAddress {
  IpAddress address;
  std::uint16_t port = 0;  // not 0
  bool operator==(const ListenAddress&) const = default;
};

Result<ListenAddress, Complaint> parse_listen_address(std::string_view text);

}  // namespace milterward::conf
