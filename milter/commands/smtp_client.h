// SPDX-License-Identifier: Apache-2.0
// A server reached by TCP. Bounded in everything: time per reply and per connection, lines
// of a reply, octets of a line.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/base/result.h"
#include "policy/mail/network.h"
#include "policy/ports/smtp_server.h"

namespace milterward::commands {

inline constexpr std::uint16_t smtp_port = 25;

class TcpSmtpServer final : public ports::SmtpServer {
 public:
  /// `source` is the address to come from, or unknown for what the system chooses;
  /// `patience` is for each reply, `longest` for a whole connection.
  TcpSmtpServer(IpAddress server, std::uint16_t port, IpAddress source,
                std::chrono::milliseconds patience,
                std::chrono::milliseconds longest = std::chrono::hours{24})
      : server_(server),
        port_(port),
        source_(source),
        patience_(patience),
        longest_(longest) {}

  Result<std::unique_ptr<ports::SmtpConnection>, ports::SmtpFault> connect() override;

 private:
  IpAddress server_;
  std::uint16_t port_;
  IpAddress source_;
  std::chrono::milliseconds patience_, longest_;
};

/// The addresses of a host name, or the address it already is; a sentence why there are
/// none. Asks the system's resolver.
Result<std::vector<IpAddress>, std::string> addresses_of(const std::string& host);

}  // namespace milterward::commands
