// SPDX-License-Identifier: Apache-2.0
// Which addresses could some reader see in a From field, whatever the grammar says? Every
// "@" with a domain behind it counts: readers differ in what they take for a name, a quote,
// a comment or a list, but none shows an address that does not stand there, as it is or
// once encoded words are decoded. Finding too much is the safe side: one domain more has to
// pass DMARC too. The alternative, to find out what each mail program shows, ends with the
// next program.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"
#include "policy/mail/domain.h"

namespace milterward {

struct SeenAddress {
  std::string local_part;   // "" where its beginning is not clear
  std::string domain_text;  // as written, without comments and white space
  Domain domain;

  bool operator==(const SeenAddress&) const = default;
};

/// Addresses one can see, or the reason why that is not beyond doubt.
using SeenAddresses = Result<std::vector<SeenAddress>, std::string>;

/// Signs "@" we look behind in one field, and addresses we keep.
inline constexpr std::size_t seen_sign_limit = 400;
inline constexpr std::size_t seen_address_limit = 100;

/// In a field that does not follow the grammar. Addresses within quotes count, since nobody
/// knows where a reader sees quotes begin. In doubt are: control characters and line ends
/// that are no folds; address literals; domains that are none or have other characters at
/// their end; encoded words that touch an address or have no end. A domain of a single
/// label counts only where there is no other: "Jobs @ Company" is a name.
SeenAddresses addresses_in_broken(std::string_view value);

/// In a field that follows it: only what a reader may see who does not know the whole
/// grammar. Names need quoted strings and encoded words, so every reader knows these, and
/// they are left out unless they are made to confuse: a quoted string with a backslash, an
/// encoded word whose text has both an address and a separator of addresses. Comments and
/// routes are known to few and count.
SeenAddresses addresses_beside_grammar(std::string_view value);

}  // namespace milterward
