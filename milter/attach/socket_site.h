// SPDX-License-Identifier: Apache-2.0
// What this host says of our unix socket and of the mail server's user.
#pragma once

#include <optional>
#include <string>

#include "conf/config.h"
#include "milter/attach/socket_access.h"

namespace milterward::attach {

/// `path` is absolute. Nothing when there is no such user: then nothing can be said.
std::optional<SocketSite> look_at_site(const std::string& path, const conf::Config& config,
                                       const std::string& mta_user,
                                       std::string_view queue_directory);

/// Its name, or its number in digits.
std::string group_name(gid_t group);

}  // namespace milterward::attach
