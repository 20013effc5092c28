// SPDX-License-Identifier: Apache-2.0
// Who wrote this mail, by its own account: the mailboxes of the From field. RFC 5322
// sections 3.4 and 4.4, groups in From by RFC 6854, UTF-8 by RFC 6532.
//
// DMARC and signing hang on the domain, and what a reader sees need not be what the grammar
// says. Refusing all that breaks it would refuse a lot of honest mail (an address as a name
// without quotes, a comma or bracket too many); guessing what the sender meant would let
// him choose between what we check and what the reader sees. So no address is left out:
//   - A field by the grammar has the mailboxes the grammar finds. Those in comments,
//     routes, and names made to confuse come in addition (author_readings.h).
//   - One that breaks it has all the addresses that stand in it, in any reading.
//   - One in which not even the domains are beyond doubt is malformed.
// Each domain is an author domain, and DMARC passes only if it does for all.
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
  bool is_by_grammar = true;  // false: only some readers may see it

  bool operator==(const AuthorMailbox&) const = default;
};

/// In the order of the field, those by the grammar first; never empty.
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
/// Lenient only where the domain stays beyond doubt: dots anywhere in local parts and
/// display names, a final dot of a domain, any octets in names. A break of the grammar is,
/// besides syntax errors: a mailbox without domain, with an address literal or with what is
/// no domain name; a local part that is an encoded word (RFC 2047 section 5 forbids it and
/// some readers decode it); NUL and line ends that are no folds.
Result<Authors, AuthorFault> parse_authors(std::string_view value);

/// The authors of a message. RFC 5322 section 3.6 wants exactly one From field.
Result<Authors, AuthorFault> authors_of(const RawHeaders& headers);

/// Their domains, each once, in order.
std::vector<Domain> domains_of(const Authors& authors);

/// Does the field say who they are by the grammar, and nothing beside it?
bool are_by_grammar(const Authors& authors) noexcept;

}  // namespace milterward
