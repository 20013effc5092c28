// SPDX-License-Identifier: Apache-2.0
// Who may relay, and who is who. [relay], [[listener]]
#pragma once

#include <string>
#include <vector>

#include "policy/base/mode.h"
#include "policy/mail/domain_pattern.h"
#include "policy/mail/network.h"

namespace milterward::conf {

/// A TLS client certificate, as the MTA that checked it names it: by common names, or (only
/// Sendmail) by distinguished names, which begin with "/".
struct ClientCertificate {
  std::string issuer;
  std::string subject;
};

struct RelaySettings {
  Mode mode;
  std::vector<DomainPattern> domains;  // whose recipients are ours
  std::vector<Network> trusted_networks;
  std::vector<ClientCertificate> certificates;  // whose holders may send to anybody
  std::vector<Network> upstream;  // hosts of ours that hand us mail from strangers
};

enum class ListenerKind { submission };

/// A port or a daemon name of the MTA that takes mail of logins only. At least one of the
/// two is set; where both are, both must match.
struct Listener {
  std::string port;
  std::string name;
  ListenerKind kind;
};

}  // namespace milterward::conf
