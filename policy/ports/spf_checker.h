// SPDX-License-Identifier: Apache-2.0
// SPF (RFC 7208): may this client send mail with this domain in MAIL FROM or HELO?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/base/deadline.h"
#include "policy/mail/domain.h"
#include "policy/mail/network.h"
#include "policy/ports/resolver.h"

namespace milterward::ports {

/// RFC 7208 section 2.6, in its words.
enum class SpfResult { none, neutral, pass, fail, softfail, temperror, permerror };
std::string_view to_text(SpfResult result) noexcept;

/// RFC 7208 sections 2.3 and 2.4.
enum class SpfIdentity { mail_from, helo };
std::string_view to_text(SpfIdentity identity) noexcept;

struct SpfQuery {
  SpfIdentity identity = SpfIdentity::mail_from;
  IpAddress client;
  std::string helo;           // as given by the client
  std::string sender_local;   // local part; "postmaster" for HELO and the null sender
  std::string sender_domain;  // as given, U-labels allowed; not yet known to be a domain
};

/// One DNS question an evaluation needed, in the order of evaluation; those asked early and
/// not needed after all are not among them. RFC 7208 section 4.6.4 for the two counts.
struct SpfStep {
  unsigned depth = 0;    // 0: the domain that is checked, 1: a record it includes, ...
  std::string term;      // the term that needed it, as published; "" for a domain's record
  std::string name;      // what was asked for ...
  DnsType type{};        // ... and of which type
  std::string answer;    // "found", "no_data", "no_domain", or a fault: "timed_out", ...
  unsigned lookups = 0;  // terms counted against the limit of 10 so far
  unsigned voids = 0;    // void lookups so far, of 2
  std::vector<std::string> records;  // SPF's that were found there: one, or it is an error

  bool operator==(const SpfStep&) const = default;
};

struct SpfFinding {
  SpfResult result = SpfResult::none;
  std::string domain;       // the domain that was checked, lower case; "" when malformed
  std::string mechanism;    // the directive that matched, as published; "" when none did
  std::string reason;       // short text in the RFC's words: why none, permerror, temperror
  std::string explanation;  // exp= text for a fail, printable ASCII, may be empty
  std::vector<SpfStep> steps;  // what was asked of DNS, for `explain`

  bool operator==(const SpfFinding&) const = default;
};

class SpfChecker {
 public:
  virtual ~SpfChecker() = default;
  /// check_host() of RFC 7208 section 4. Blocks for DNS until the deadline; what DNS does
  /// not answer is temperror. Never throws for what strangers publish.
  virtual SpfFinding check(const SpfQuery& query, Resolver& dns,
                           Deadline deadline) const = 0;
};

}  // namespace milterward::ports
