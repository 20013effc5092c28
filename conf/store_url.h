// SPDX-License-Identifier: Apache-2.0
// Which store, and where:
//     url = "sqlite:" path
//         / "redis://" host [ ":" port ] [ "/" database ]     ; 6379 and 0 where left out
//         / "redis+unix:" path [ "?db=" database ]
//         / "redis+sentinel://" host [ ":" port ] *( "," host [ ":" port ] )
//           "/" master [ "/" database ]                       ; 26379 and 0 where left out
// A host is a name, an IPv4 address, or an IPv6 address in brackets. A master is what the
// sentinels call it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/problem.h"
#include "policy/base/result.h"

namespace milterward::conf {

struct StorePeer {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const StorePeer&) const = default;
};

struct StoreUrl {
  enum class Kind { sqlite, redis };
  Kind kind = Kind::sqlite;
  std::string path;              // of a database, or of a unix socket
  std::vector<StorePeer> peers;  // the server, or the sentinels that know it
  std::string master;            // "" without sentinels
  unsigned database = 0;
  bool operator==(const StoreUrl&) const = default;
};

Result<StoreUrl, Complaint> parse_store_url(std::string_view text);

/// Can daemons of several hosts share what that names?
bool is_shared_store(std::string_view url);

}  // namespace milterward::conf
