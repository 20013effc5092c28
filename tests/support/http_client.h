// SPDX-License-Identifier: Apache-2.0
// Asks a web server of the loopback, octet by octet as the test wants it.
#pragma once

#include <cstdint>
#include <string>

namespace milterward::tests {

struct HttpAnswer {
  int status = 0;  // 0: none came
  std::string header;
  std::string body;
};

/// Sends `request` as it is and reads until the server closes, or for some seconds.
HttpAnswer send_http(std::uint16_t port, const std::string& request);

/// GET of `target`, with `fields` ("Authorization: Bearer x\r\n") beside Host.
HttpAnswer get_http(std::uint16_t port, const std::string& target,
                    const std::string& fields = "");

/// Connects and says nothing; close it with ::close.
int connect_http(std::uint16_t port);

}  // namespace milterward::tests
