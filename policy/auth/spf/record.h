// SPDX-License-Identifier: Apache-2.0
// An SPF record as its author wrote it, read whole before any of it is evaluated: RFC 7208
// section 4.6 wants permerror for an error anywhere, also behind the term that would match.
//
//   record    = "v=spf1" *( 1*SP ( directive / modifier ) ) *SP
//   directive = [ "+" / "-" / "?" / "~" ] mechanism
//   mechanism = "all" / "include:" domain-spec / "exists:" domain-spec
//             / ( "a" / "mx" ) [ ":" domain-spec ] [ dual-cidr-length ]
//             / "ptr" [ ":" domain-spec ] / "ip4:" network / "ip6:" network
//   modifier  = "redirect=" domain-spec / "exp=" domain-spec / name "=" macro-string
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/auth/spf/macro.h"
#include "policy/base/result.h"
#include "policy/mail/network.h"
#include "policy/ports/spf_checker.h"

namespace milterward::auth {

enum class SpfMechanism { all, include, a, mx, ptr, ip4, ip6, exists };

struct SpfDirective {
  ports::SpfResult qualifier = ports::SpfResult::pass;  // pass, fail, softfail or neutral
  SpfMechanism mechanism = SpfMechanism::all;
  std::optional<MacroString> target;  // without: the domain whose record this is
  Network network;                    // of ip4 and ip6; unknown: no client can be in it
  unsigned prefix4 = 32;              // of a and mx
  unsigned prefix6 = 128;
  std::string text;  // as published

  bool operator==(const SpfDirective&) const = default;
};

struct SpfRedirect {
  MacroString target;
  std::string text;

  bool operator==(const SpfRedirect&) const = default;
};

struct SpfRecord {
  std::vector<SpfDirective> directives;
  std::optional<SpfRedirect> redirect;  // never beside `all`, which overrules it
  std::optional<MacroString> explanation;

  bool operator==(const SpfRecord&) const = default;
};

struct SpfSyntaxFault {
  std::string term;  // as published, printable, cut when long
  std::string_view reason;
};

/// Does this TXT record begin with the version section? RFC 7208 section 4.5.
bool is_spf_record(std::string_view text) noexcept;

/// Reads a record for which `is_spf_record` holds.
Result<SpfRecord, SpfSyntaxFault> parse_spf_record(std::string_view text);

/// Is it one of the terms of which a check may have ten? RFC 7208 section 4.6.4.
bool asks_dns(SpfMechanism mechanism) noexcept;

}  // namespace milterward::auth
