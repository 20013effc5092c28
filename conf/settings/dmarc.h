// SPDX-License-Identifier: Apache-2.0
// How the domains that belong together are found, and how seriously a policy of an author
// domain is taken; the actions are in inbound.h. [dmarc], [[dmarc.override]]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/relay.h"
#include "policy/mail/network.h"

namespace milterward::conf {

enum class DmarcDiscovery {
  treewalk,  // RFC 9989 section 4.10: ask DNS, parent by parent
  psl,       // RFC 7489 section 3.2: the public suffix list libpsl was built with
};

struct DmarcSettings {
  DmarcDiscovery discovery;
};

/// When p=reject is taken at its word. RFC 9989 section 7.4.
enum class DmarcReject {
  corroborated,  // when a second finding speaks against the message
  quarantine,    // never: it counts as p=quarantine
  always,        // the section says MUST NOT
};

/// Why a message was not treated as its author domain asks. The words of RFC 9990.
enum class OverrideReason {
  local_policy,
  mailing_list,
  trusted_forwarder,
  policy_test_mode,  // t=y; not for the configuration
  other,
};

constexpr std::string_view to_text(OverrideReason reason) noexcept {
  switch (reason) {
    case OverrideReason::local_policy:
      return "local_policy";
    case OverrideReason::mailing_list:
      return "mailing_list";
    case OverrideReason::trusted_forwarder:
      return "trusted_forwarder";
    case OverrideReason::policy_test_mode:
      return "policy_test_mode";
    case OverrideReason::other:
      return "other";
  }
  return "";
}

/// The policy that a message is treated by.
enum class TreatAs { none, quarantine, reject };

/// Mail that fails DMARC and meets all that is named here is treated as if its author
/// domain had published another policy. An empty list names nothing.
struct DmarcOverride {
  std::vector<DomainPattern> author_domains;
  std::vector<Network> networks;
  std::vector<DomainPattern> hosts;          // names that lead back to the client
  std::vector<DomainPattern> authenticated;  // SPF or DKIM passed for one of them
  TreatAs treat_as;
  OverrideReason reason;
  std::string comment;
};

}  // namespace milterward::conf
