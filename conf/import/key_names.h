// SPDX-License-Identifier: Apache-2.0
// Key files whose names hold the domain: "/etc/opendkim/keys/%/mail.private". A daemon that
// signs for "whatever domain has a key" does not name its domains; the files do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/import/old_files.h"

namespace milterward::importing {

/// `pattern` with `domain` in the place of every "%".
std::string with_domain(std::string pattern, const std::string& domain);

/// Domains for which there is a file of that name, in alphabetical order; every "%" stands
/// for the domain.
std::vector<std::string> domains_with_keys(const OldFiles& files, std::string_view pattern);

}  // namespace milterward::importing
