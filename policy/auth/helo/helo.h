// SPDX-License-Identifier: Apache-2.0
// Does the name a client gives in HELO make sense? RFC 5321 sections 2.3.5 and 4.1.3: a
// fully qualified name or an address literal, its own. Whether the name leads to the client
// is another question (SPF of HELO, iprev). Asks nobody.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/mail/network.h"

namespace milterward::auth {

enum class HeloState {
  unremarkable,   // also: nobody looked
  ours,           // a name or an address of ours
  bare_address,   // an address without the brackets of a literal
  other_address,  // a literal that is not the client's
  not_qualified,  // no fully qualified name, or nothing a name can be
};
std::string_view to_text(HeloState state) noexcept;

/// Whose mail server it is that the client speaks to.
struct OurSelves {
  std::vector<std::string> names;
  std::vector<IpAddress> addresses;
};

HeloState judge_helo(std::string_view helo, const IpAddress& client, const OurSelves& us);

}  // namespace milterward::auth
