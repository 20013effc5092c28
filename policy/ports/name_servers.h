// SPDX-License-Identifier: Apache-2.0
// Name servers asked directly, past every resolver and its cache: what does each of them
// say itself? A port of its own beside Resolver, since here the answers of several servers
// to one question are wanted, and that one is silent is an answer, too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/base/deadline.h"
#include "policy/base/result.h"
#include "policy/mail/network.h"

namespace milterward::ports {

enum class ServerFault {
  silent,  // nothing came in time, or nothing can be sent there
  lame,    // it does not answer for the zone
  failed,  // it says that it cannot, or what it says cannot be read
};
std::string_view to_text(ServerFault fault) noexcept;

/// What one server says of a name. With an alias (CNAME) there is nothing else.
struct ServerAnswer {
  std::string alias;               // lower case, without the final dot; "" for none
  std::vector<std::string> texts;  // of TXT records, each record's strings joined

  bool operator==(const ServerAnswer&) const = default;
};
using ServerResult = Result<ServerAnswer, ServerFault>;

class NameServers {
 public:
  virtual ~NameServers() = default;
  /// Asks all of them at once for the TXT records of `name` and waits until each has
  /// answered or the deadline; how long one may take at most is the backend's to know.
  /// One result for each address, in their order. Aliases are not followed.
  virtual std::vector<ServerResult> texts_of(const std::string& name,
                                             const std::vector<IpAddress>& servers,
                                             Deadline deadline) = 0;
};

}  // namespace milterward::ports
