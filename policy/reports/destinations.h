// SPDX-License-Identifier: Apache-2.0
// Where do reports about a domain go, and has whoever gets them agreed? RFC 9990 section 4.
// Anybody can write a stranger's address into his own record: without the stranger's word
// in DNS, reports would be a way to flood him.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings/dmarc.h"
#include "policy/base/deadline.h"
#include "policy/mail/domain.h"
#include "policy/ports/report_kind.h"
#include "policy/ports/resolver.h"

namespace milterward::reports {

struct Destination {
  std::string address;  // without brackets
  Domain host;          // what stands behind its "@"

  bool operator==(const Destination&) const = default;
};

/// The address of a "mailto:" URI, its escapes resolved and what follows a "?" left out;
/// none for other schemes and for what cannot be an address in ASCII.
std::optional<Destination> parse_destination(std::string_view uri);

enum class Consent {
  given,
  refused,
  unknown,  // DNS did not say
};

struct Agreement {
  Consent consent = Consent::refused;
  /// Where reports go; the domain of the destination may have named others of its own.
  std::vector<std::string> addresses;
  std::string reason;            // unless given
  std::optional<Domain> silent;  // unknown: whose DNS let us wait in vain

  bool operator==(const Agreement&) const = default;
};

/// May reports about `domain`, where a DMARC record was found, go there? Who agrees may
/// name another address, in the tag of that kind of reports: rua=, or ruf= (RFC 9991
/// section 5). Asks all at once and waits for DNS until the deadline: who is slow takes no
/// time from others.
Agreement ask_for_agreement(const Destination& destination, const Domain& domain,
                            ports::ReportKind kind, ports::Resolver& dns,
                            conf::DmarcDiscovery discovery, Deadline deadline);

}  // namespace milterward::reports
