// SPDX-License-Identifier: Apache-2.0
// Where something is posted to:
//     url = ( "http" / "https" ) "://" host [ ":" port ] [ "/" path [ "?" query ] ]
// of RFC 3986, without a user, a password (they would stand in the configuration; a token
// has a file) or a fragment. A host is a name, an IPv4 address, or an IPv6 address in
// brackets; 80 and 443 are the ports where none is given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/problem.h"
#include "policy/base/result.h"

namespace milterward::conf {

struct WebUrl {
  enum class Scheme { http, https };
  Scheme scheme = Scheme::http;
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string target = "/";  // path and query
  bool operator==(const WebUrl&) const = default;
};

Result<WebUrl, Complaint> parse_web_url(std::string_view text);

}  // namespace milterward::conf
