// SPDX-License-Identifier: Apache-2.0
// The rows of [notify]. Events are chosen out of the box, the way they go is not: nobody
// can guess whom to tell.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto notify_rows = std::to_array<Key<Config>>({
    {.name = "notify.events",
     .field = at<&Config::notify, &NotifySettings::events>,
     .fallback = "daemon.failed config.kept key.unusable token.failing dns.failing "
                 "directory.sql_failing directory.sql_hanging directory.file_kept "
                 "store.damaged store.failing "
                 "account.burst warmup.waits egress.listed egress.name_broken "
                 "callback.failed",
     .help = "The events of milterward-events(7) that are told, whatever log.level is. "
             "Those of notify itself cannot be.",
     .example = "store.failing store.recovered quota.warning"},
    {.name = "notify.hook",
     .field = at<&Config::notify, &NotifySettings::hook>,
     .help =
         "A program that is run for each, without arguments, with the notification as one "
         "JSON object on its standard input, and with MILTERWARD_EVENT, MILTERWARD_LEVEL, "
         "MILTERWARD_TIME, MILTERWARD_HOST and PATH in its environment; empty for none. It "
         "runs as daemon.user in \"/\", one at a time, and can gain no other rights, so "
         "that sudo and set-id programs such as Postfix's sendmail command do not work in "
         "it. When it has ended, what it left running in its process group is killed.",
     .example = "/etc/milterward/tell",
     .bounds = {.form = &file_or_none}},
    {.name = "notify.hook_timeout",
     .field = at<&Config::notify, &NotifySettings::hook_timeout>,
     .fallback = "10s",
     .help = "How long it may run before it is killed with its process group. It may use "
             "as much processor time, 512 MB of memory and 256 open files.",
     .bounds = {.least = "100ms", .most = "5m"}},
    {.name = "notify.webhook",
     .field = at<&Config::notify, &NotifySettings::webhook>,
     .help =
         "Where the JSON object is sent to by POST, \"http://HOST:PORT/PATH\" or "
         "\"https://...\"; empty for none. The certificate of https must be valid in the "
         "eyes of this host. Any answer of 2xx will do; redirections are not followed. "
         "What chat services show is its member \"text\".",
     .example = "https://chat.example.org/hooks/mail",
     .bounds = {.form = &web_url_or_none}},
    {.name = "notify.webhook_timeout",
     .field = at<&Config::notify, &NotifySettings::webhook_timeout>,
     .fallback = "10s",
     .help = "How long it may take all in all, from the question for the address to the "
             "answer.",
     .bounds = {.least = "100ms", .most = "5m"}},
    {.name = "notify.webhook_token_file",
     .field = at<&Config::notify, &NotifySettings::webhook_token_file>,
     .help = "File with one line, sent as \"Authorization: Bearer\"; empty for none. It is "
             "read at the start and on SIGHUP, and others may not read it.",
     .example = "/etc/milterward/webhook.token",
     .bounds = {.form = &file_or_none}},
    {.name = "notify.per_hour",
     .field = at<&Config::notify, &NotifySettings::per_hour>,
     .fallback = "10",
     .help = "How many notifications of each event there may be in an hour, which begins "
             "with the first. Of what happens beyond them the log tells, and the next "
             "notification says how often it did.",
     .bounds = {.least = "1", .most = "3600"}},
});

}  // namespace

std::span<const Key<Config>> notify_keys() noexcept { return notify_rows; }

}  // namespace milterward::conf
