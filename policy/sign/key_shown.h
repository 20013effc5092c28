// SPDX-License-Identifier: Apache-2.0
// Does DNS show exactly the public half of a key? RFC 6376 sections 3.6.1 and 3.6.2.2.
#pragma once

#include <string_view>
#include <vector>

#include "policy/mail/domain.h"
#include "policy/ports/dkim.h"
#include "policy/ports/resolver.h"

namespace milterward::sign {

enum class Shown {
  yes,
  missing,     // no record of that name, or none that is a key record
  altered,     // another key, or a record that keeps receivers from using it
  revoked,     // p= is empty
  several,     // two records: receivers may take either
  partly,      // a name server of the zone does not show it (yet)
  unanswered,  // DNS did not say, or too few of the zone's name servers
};
std::string_view to_text(Shown shown) noexcept;

/// Of the texts of the TXT records at its name, each with its strings joined.
Shown shown_by(const std::vector<std::string>& texts, const ports::PrivateKey& key);

/// Asks DNS, and waits until the deadline.
Shown look_up_shown(ports::Resolver& dns, std::string_view selector, const Domain& domain,
                    const ports::PrivateKey& key, Deadline deadline);

}  // namespace milterward::sign
