// SPDX-License-Identifier: Apache-2.0
// Where the MTA finds us, as `milter.socket` spells it; the same notation as Sendmail's and
// nearly Postfix's (which writes inet:HOST:PORT).
//   unix:/path   local:/path   inet:PORT@HOST   inet:PORT   inet6:PORT@HOST   fd:N
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/base/result.h"

namespace milterward::front {

struct SocketSpec {
  enum class Kind { unix_path, inet, inet6, inherited };
  Kind kind = Kind::unix_path;
  std::string path;        // unix_path
  std::string host;        // inet, inet6: name or address; "" for all addresses
  std::uint16_t port = 0;  // inet, inet6
  int fd = -1;             // inherited

  bool operator==(const SocketSpec&) const = default;
};

/// A spec, or what is wrong with the text and what to write instead.
Result<SocketSpec, std::string> parse_socket_spec(std::string_view text);

}  // namespace milterward::front
