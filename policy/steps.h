// SPDX-License-Identifier: Apache-2.0
// What a front hands to a Connection at each SMTP step, free of any milter library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/network.h"

namespace milterward {

/// The MTA's macros at one step; names as the MTA writes them ("i", "{auth_authen}").
class Macros {
 public:
  virtual ~Macros() = default;
  /// The value, or "" when the MTA did not send it. Valid until the step returns.
  virtual std::string_view value(std::string_view name) const = 0;
};

struct ConnectStep {
  std::string host_name;   // as the MTA resolved it: a name, or "[192.0.2.1]"
  IpAddress client;        // unknown for a local (unix or pipe) client
  std::uint16_t port = 0;  // 0 for mail that did not come by SMTP (Postfix)
};

/// MAIL or RCPT: the address first ("<a@b>", or "a@b" for non-SMTP mail), then ESMTP
/// arguments.
struct EnvelopeStep {
  std::string address;
  std::vector<std::string> arguments;
};

/// The macros a Connection reads, for fronts that must ask for them by name and stage.
struct MacroWishes {
  std::vector<std::string_view> connect, helo, mail, rcpt, data, end_of_headers,
      end_of_message;
};
const MacroWishes& macro_wishes();

}  // namespace milterward
