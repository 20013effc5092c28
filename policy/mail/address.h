// SPDX-License-Identifier: Apache-2.0
// The addresses of the SMTP envelope: what stands between the brackets of MAIL FROM and
// RCPT TO. RFC 5321 section 4.1.2, RFC 6531. Lenient where servers are and nothing hangs on
// it (dots anywhere in a local part, characters of any script), strict where two readers
// could see two addresses. Author addresses are another grammar: author.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/mail/network.h"

namespace milterward {

struct Mailbox {
  std::string local_part;        // without quotes and quoting backslashes
  bool is_quoted = false;        // it came as a quoted string
  std::string domain_text;       // as given, brackets of a literal included; "" for none
  std::optional<Domain> domain;  // none: no domain, a literal, or not a domain name
  std::optional<IpAddress> literal;  // of [192.0.2.1] and [IPv6:2001:db8::1]
  bool has_source_route = false;     // "@a,@b:" stood before it

  bool operator==(const Mailbox&) const = default;
};

/// A reverse-path or forward-path. The null path, `<>`, has no mailbox.
struct Path {
  std::optional<Mailbox> mailbox;

  bool is_null() const noexcept { return !mailbox; }
  bool operator==(const Path&) const = default;
};

enum class PathFault {
  too_long,
  unbalanced_brackets,  // "<" without ">" or the other way round
  bad_source_route,
  no_local_part,  // "@example.org"
  no_domain,      // nothing behind the "@"
  several_at,     // more than one "@" outside quotes
  unclosed_quote,
  bad_character,  // white space, controls, "<>()[],;:\" outside quotes; broken UTF-8
};
std::string_view to_text(PathFault fault) noexcept;

/// Octets between the brackets. RFC 5321 section 4.5.3.1.3 allows a path of 256 octets with
/// its brackets. Its 64 octets for a local part are not enforced: VERP, BATV and SRS exceed
/// them, and servers take them.
inline constexpr std::size_t path_limit = 254;

/// The argument of MAIL FROM or RCPT TO, with or without its brackets, without ESMTP
/// parameters:
///     path = "<" [ route ":" ] mailbox ">" / "<>" / ""
///     mailbox = local-part [ "@" ( domain / address-literal ) ]
/// A local part alone is a mailbox without domain (`<postmaster>`, RFC 5321
/// section 4.1.1.3). What stands behind the "@" need not be a domain name: then `domain` is
/// empty and `domain_text` is not.
Result<Path, PathFault> parse_path(std::string_view text);

/// The two sides of the last "@" of a reverse-path without brackets, for SPF: whatever else
/// is odd about a path, its domain must not get out of the check. Both empty where there is
/// no domain; of a local part that is too long to be one, the last `path_limit` octets.
struct ClaimedSender {
  std::string local_part;
  std::string domain_text;

  bool operator==(const ClaimedSender&) const = default;
};
ClaimedSender claimed_sender(std::string_view mail_from);

/// A path without brackets, its source route left out.
std::string_view without_route(std::string_view path) noexcept;

/// Could some server read another destination out of the local part? The percent hack, a
/// bang path, "@" or ":" within the local part (quoted ones included, since servers look
/// into quotes). A source route does not count: RFC 5321 appendix C has servers ignore it,
/// so that the mailbox behind it decides.
bool hides_route(const Mailbox& mailbox) noexcept;

}  // namespace milterward
