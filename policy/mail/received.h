// SPDX-License-Identifier: Apache-2.0
// Whom did an upstream host of ours talk to? Read from the Received field it put on top,
// for SPF behind a gateway. RFC 5321 section 4.4, in the forms of Postfix, Sendmail, Exim,
// qmail and Exchange. What a stranger said in HELO stands in the same line, so the address
// is taken only from where these servers put what they saw themselves; anything else is a
// fault, not a guess.
#pragma once

#include <string>
#include <string_view>

#include "policy/base/result.h"
#include "policy/mail/header.h"
#include "policy/mail/network.h"

namespace milterward {

struct ReceivedClient {
  IpAddress address;
  std::string helo;  // "" when the field does not tell it

  bool operator==(const ReceivedClient&) const = default;
};

enum class ReceivedFault {
  no_field,   // the message has no Received field
  no_client,  // no "from", or no address: local mail, or another way in
  ambiguous,  // a form we do not know, or more than one address
};
std::string_view to_text(ReceivedFault fault) noexcept;

/// The value of one Received field:
///     from HELO (NAME [ADDRESS]) ...       Postfix, Sendmail; "(may be forged)" behind
///     from NAME ([ADDRESS] helo=HELO) ...  Exim; "([ADDRESS]:port ident=x helo=HELO)"
///     from [ADDRESS] (helo=HELO) ...       Exim, client without a name
///     from NAME (HELO HELO) (ADDRESS) ...  qmail
///     from HELO (ADDRESS) ...              Exchange, qmail
/// then further comments without an address, then "by".
Result<ReceivedClient, ReceivedFault> parse_received(std::string_view value);

/// The client named by the topmost Received field. The caller knows that it came from a
/// host it trusts; the MTA's own field is not among those a filter is shown.
Result<ReceivedClient, ReceivedFault> upstream_client_of(const RawHeaders& headers);

}  // namespace milterward
