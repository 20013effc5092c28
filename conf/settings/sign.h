// SPDX-License-Identifier: Apache-2.0
// Which keys sign. [sign], [[sign.key]]
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/mail/address_pattern.h"
#include "policy/mail/domain.h"
#include "policy/mail/domain_pattern.h"

namespace milterward::conf {

/// What mail of a domain meets whose key cannot be used.
enum class OnMissingKey { defer, pass, reject };

/// How many of a zone's name servers, asked directly, have to show a key that is to sign;
/// whatever is chosen, none may show anything else.
enum class AskAuthoritative {
  off,   // they are not asked: what the resolvers say counts
  any,   // one
  most,  // more than half
  all,
};

/// Canonical forms of header and body: RFC 6376 section 3.4.
enum class SigningForms { relaxed_relaxed, relaxed_simple, simple_relaxed, simple_simple };

constexpr bool has_simple_header(SigningForms forms) noexcept {
  return forms == SigningForms::simple_relaxed || forms == SigningForms::simple_simple;
}
constexpr bool has_simple_body(SigningForms forms) noexcept {
  return forms == SigningForms::relaxed_simple || forms == SigningForms::simple_simple;
}

struct SigningKey {
  Domain domain;         // d=
  std::string selector;  // s=
  std::string file;
  bool subdomains;  // signs for authors of subdomains that have no key of their own, too
  std::vector<DomainPattern> authors;       // other domains it signs for
  bool fallback;                            // signs what no other key signs
  std::vector<std::string> logins;          // none: whoever submits
  std::vector<AddressPattern> senders;      // MAIL FROM; none: whatever it is
  std::vector<std::string> listeners;       // ports and names; none: whichever it is
  SigningForms forms;                       // c=
  std::chrono::milliseconds expires_after;  // x= is t= plus this; 0: no x=
  std::string identity;                     // i=, "" for none
  std::vector<std::string> oversigned;      // names that nobody may add to
  std::vector<std::string> headers;         // further names, signed as often as they occur
};

struct SignSettings {
  OnMissingKey on_missing_key;
  std::string directory;    // DOMAIN/SELECTOR.pem below it; "" for none
  bool subdomains;          // what directory and database have signs for subdomains, too
  std::size_t cached_keys;  // of directory and database, in memory
  std::chrono::milliseconds key_lifetime;  // before it is looked at again
  std::chrono::milliseconds rotate_every;  // 0: the daemon leaves keys alone
  std::chrono::milliseconds retire_after;  // mail is in no queue any more
  AskAuthoritative ask_authoritative;
  std::string publish_hook;  // a program; "" for none
  std::vector<SigningKey> keys;
};

}  // namespace milterward::conf
