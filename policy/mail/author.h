// SPDX-License-Identifier: Apache-2.0
// Who wrote this mail, by its own account: the mailboxes of the From field. RFC 5322
// sections 3.4 and 4.4, groups in From by RFC 6854, UTF-8 by RFC 6532. Strict: DMARC and
// signing hang on the domain, so a field that two readers could read differently is
// malformed, never guessed at. Lenient only where the domain stays beyond doubt: dots
// anywhere in local parts and display names, a final dot of a domain, any octets in names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"
#include "policy/mail/domain.h"
#include "policy/mail/header.h"

namespace milterward {

struct AuthorMailbox {
  std::string local_part;   // without quotes
  std::string domain_text;  // as written, without comments and white space
  Domain domain;

  bool operator==(const AuthorMailbox&) const = default;
};

/// In the order of the field; never empty.
using Authors = std::vector<AuthorMailbox>;

struct AuthorFault {
  enum class Kind {
    no_from,       // the message has no From field
    several_from,  // or more than one
    malformed,     // or one that names no domain, or not beyond doubt
    no_author,     // or only groups without a member: "undisclosed:;"
  };
  Kind kind = Kind::malformed;
  std::string reason;  // for the postmaster

  bool operator==(const AuthorFault&) const = default;
};
std::string_view to_text(AuthorFault::Kind kind) noexcept;

/// Octets of a From field we read. Servers cut or refuse header fields near this size.
inline constexpr std::size_t from_field_limit = 128 * 1024;
/// Mailboxes in one From field; a committee is smaller.
inline constexpr std::size_t author_limit = 100;

/// The value of one From field, as received. Time and memory grow with its length, no more.
///     from = address *("," address)              empty members allowed, as of old
///     address = mailbox / phrase ":" [mailboxes] ";"
///     mailbox = [phrase] "<" [route] addr-spec ">" / addr-spec
/// Malformed besides syntax errors: a mailbox without domain, with an address literal or
/// with what is no domain name; a local part that is an encoded word (RFC 2047 section 5
/// forbids it and some readers decode it); NUL and line ends that are no folds.
Result<Authors, AuthorFault> parse_authors(std::string_view value);

/// The authors of a message. RFC 5322 section 3.6 wants exactly one From field.
Result<Authors, AuthorFault> authors_of(const RawHeaders& headers);

/// Their domains, each once, in order.
std::vector<Domain> domains_of(const Authors& authors);

}  // namespace milterward
