// SPDX-License-Identifier: Apache-2.0
// The rows of [status]. Off out of the box: a port is opened because somebody wants it.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto status_key_rows = std::to_array<Key<Config>>({
    {.name = "status.listen",
     .field = at<&Config::status, &StatusSettings::listen>,
     .help = "Address and port of a web server with the metrics of Prometheus "
             "(\"/metrics\") and the status page (\"/\"); empty for none. It speaks HTTP "
             "without TLS, only shows, and what asks it never delays mail. Everybody who "
             "reaches it may look; what names a person needs status.token_file.",
     .example = "127.0.0.1:9117",
     .bounds = {.form = &listen_address_or_none}},
    {.name = "status.token_file",
     .field = at<&Config::status, &StatusSettings::token_file>,
     .help = "File with one line, the token that shows addresses, logins and the story of "
             "a message; empty for none, and then nobody sees them there. A browser asks "
             "for it as a password (any user name will do), a program sends "
             "\"Authorization: Bearer\". It is read at the start and on SIGHUP, and others "
             "may not read it. Ten wrong ones within a minute from one address, and none "
             "from there is looked at for the next.",
     .example = "/etc/milterward/status.token",
     .bounds = {.form = &file_or_none}},
    {.name = "status.hosts",
     .field = at<&Config::status, &StatusSettings::hosts>,
     .help = "Names by which it is asked, beside addresses, localhost and the name of this "
             "host, for example that of a proxy before it. Other names are turned away, so "
             "that no web site can let its visitors' browsers look here.",
     .example = "status.example.org",
     .bounds = {.form = &authserv_id}},
});

}  // namespace

std::span<const Key<Config>> status_keys() noexcept { return status_key_rows; }

}  // namespace milterward::conf
