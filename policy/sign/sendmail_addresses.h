// SPDX-License-Identifier: Apache-2.0
// How Sendmail will write an address field when it sends the mail on. Behind the filter it
// takes From, Sender, Reply-To, To and Cc apart and writes each address anew: one blank
// behind each comma, quotes around names with a "." or "'", the host name behind bare
// names. A signature over what we see would break; one over what leaves does not.
//
// Only what was seen to be so with Sendmail 8.17 and its own rule sets is known here;
// odder forms get no answer, and are then better not signed. Rules of the site (canonical
// host names, masquerading, generics tables) are beyond us: milterward.toml(5) says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace milterward::sign {

/// The value on one line, white space within it as it was; equal to what Sendmail writes
/// under relaxed canonicalization. Nothing where that is not known. `host` is Sendmail's
/// own name (its macro j), "" when it is not known.
std::optional<std::string> as_sendmail_writes(std::string_view value,
                                              std::string_view host);

}  // namespace milterward::sign
