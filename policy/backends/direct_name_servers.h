// SPDX-License-Identifier: Apache-2.0
// Name servers asked from sockets of our own, by UDP, and by TCP where the answer does not
// fit. Not through libunbound, which would cache, choose among servers and hide which of
// them said what. Each question goes out from a port and with a number of its own, on a
// connected socket, so that answers of others do not get in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conf/settings/dns.h"
#include "policy/base/clock.h"
#include "policy/ports/name_servers.h"

namespace milterward::backends {

class DirectNameServers final : public ports::NameServers {
 public:
  /// A server that is among `known`, by address, is asked at the port that stands there,
  /// all others at 53: a zone has no way to name ports, and who serves one elsewhere has
  /// said so in dns.servers. `clock` outlives it.
  DirectNameServers(std::vector<conf::DnsServer> known, const Clock& clock)
      : known_(std::move(known)), clock_(clock) {}

  std::vector<ports::ServerResult> texts_of(const std::string& name,
                                            const std::vector<IpAddress>& servers,
                                            Deadline deadline) override;

 private:
  conf::DnsServer server_at(const IpAddress& address) const;

  const std::vector<conf::DnsServer> known_;
  const Clock& clock_;
};

}  // namespace milterward::backends
