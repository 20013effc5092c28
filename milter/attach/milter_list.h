// SPDX-License-Identifier: Apache-2.0
// The value of smtpd_milters and non_smtpd_milters: filters in the order in which Postfix
// asks them, with commas or white space between. Each is an address, or since Postfix 3.0
// an address and settings of its own: { inet:localhost:8891, connect_timeout=5s }.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace milterward::attach {

/// The entries as they are written; what stands in braces is one, whatever is in it.
std::vector<std::string> parse_milters(std::string_view value);
/// The other way round: with ", " between. Equal lists have equal texts.
std::string join_milters(const std::vector<std::string>& entries);
/// The same without any white space, which `postconf -P` takes for no value in master.cf.
std::string join_without_blanks(const std::vector<std::string>& entries);

/// "inet:localhost:8891" of both forms; "$name" stays as it is.
std::string_view address_of(std::string_view entry);
/// "default_action", "tempfail" -> "tempfail" of an entry in braces; "" where it has none.
std::string_view setting_of(std::string_view entry, std::string_view name);

/// Whether two addresses lead to one socket, for a Postfix whose processes work in
/// `queue_directory` and take paths as below it, in a chroot absolute ones too.
bool lead_to_the_same(std::string_view one, std::string_view other,
                      std::string_view queue_directory);

}  // namespace milterward::attach
