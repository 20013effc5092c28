// SPDX-License-Identifier: Apache-2.0
// The rows of what is looked at before mail of ours leaves: [preflight]. By default the log
// tells, and nothing comes of it: what a site's programs write is for the site to judge.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

using Settings = PreflightSettings;
using Actions = PreflightActions;

constexpr auto preflight_rows = std::to_array<Key<Config>>({
    {.name = "preflight.mode",
     .field = at<&Config::preflight, &Settings::mode>,
     .fallback = "monitor",
     .help = "\"monitor\" looks and logs, \"enforce\" also acts, and adds what "
             "preflight.add_message_id and preflight.add_date say."},
    {.name = "preflight.add_message_id",
     .field = at<&Config::preflight, &Settings::add_message_id>,
     .fallback = "false",
     .help =
         "Add a Message-ID where there is none, and sign it. Postfix does so itself for "
         "clients in local_header_rewrite_clients. Not under Sendmail, which adds one "
         "for everybody."},
    {.name = "preflight.add_date",
     .field = at<&Config::preflight, &Settings::add_date>,
     .fallback = "false",
     .help = "The same for Date."},
    {.name = "preflight.egress",
     .field = at<&Config::preflight, &Settings::egress>,
     .help =
         "The addresses that mail leaves from, as others see them. For each, SPF of the "
         "domain in MAIL FROM is checked, and whether it has a name that leads back; of "
         "the author's domain, whether it publishes DMARC. While DNS is silent, such mail "
         "waits for it, dns.message_deadline at most, and leaves. Empty: DNS is not asked.",
     .example = "192.0.2.10 2001:db8::10"},
    {.name = "preflight.watch_every",
     .field = at<&Config::preflight, &Settings::watch_every>,
     .fallback = "1h",
     .help =
         "How often the addresses of preflight.egress are looked at, whatever "
         "preflight.mode says: does a list of [[dnsbl.list]] speak against one, and has "
         "it a name that leads back? What has changed is told by the events "
         "\"egress...\" of milterward-events(7). A reload looks at once; \"0s\" never "
         "looks.",
     .bounds = {.least = "0s", .most = "168h"}},
    {.name = "preflight.watch_hook",
     .field = at<&Config::preflight, &Settings::watch_hook>,
     .help = "A program that is called when one of them is listed, and when it is no more, "
             "with "
             "MILTERWARD_ACTION (\"listed\", \"delisted\"), MILTERWARD_ADDRESS, "
             "MILTERWARD_LIST, MILTERWARD_CODES and PATH in its environment; empty for "
             "none. It "
             "runs as that of notify.hook does, for a minute at most; when it fails it is "
             "called "
             "again after the next look. A change from empty needs a restart.",
     .example = "/etc/milterward/listed",
     .bounds = {.form = &file_or_none}},
    {.name = "preflight.watch_state",
     .field = at<&Config::preflight, &Settings::watch_state>,
     .fallback = "/var/lib/milterward/egress.state",
     .help = "What was found last, kept in this file so that a restart tells nobody of the "
             "same listing twice; empty to keep nothing. A change needs a restart.",
     .bounds = {.form = &file_or_none}},
    {.name = "preflight.bulk_classes",
     .field = at<&Config::preflight, &Settings::bulk_classes>,
     .help =
         "Accounts of these classes send in bulk. So does mail with a field List-... or "
         "a Precedence of bulk, list or junk.",
     .example = "newsletter"},
    {.name = "preflight.bulk_recipients",
     .field = at<&Config::preflight, &Settings::bulk_recipients>,
     .fallback = "100",
     .help = "A message to so many recipients is bulk.",
     .bounds = {.least = "2", .most = "1000000"}},
    {.name = "preflight.bulk_a_day",
     .field = at<&Config::preflight, &Settings::bulk_a_day>,
     .fallback = "5000",
     .help = "Mail is bulk once its account or domain has sent so many messages, or to so "
             "many recipients, today; counted only where its quota has a limit by the day. "
             "0 for never.",
     .bounds = {.least = "0", .most = "100000000"}},
    {.name = "preflight.on_no_message_id",
     .field = at<&Config::preflight, &Settings::on, &Actions::no_message_id>,
     .fallback = "accept",
     .help = "There is no Message-ID (RFC 5322 section 3.6.4), and none was added."},
    {.name = "preflight.on_malformed_message_id",
     .field = at<&Config::preflight, &Settings::on, &Actions::malformed_message_id>,
     .fallback = "accept",
     .help = "It is no identifier in angle brackets."},
    {.name = "preflight.on_no_date",
     .field = at<&Config::preflight, &Settings::on, &Actions::no_date>,
     .fallback = "accept",
     .help = "There is no Date (RFC 5322 section 3.6.1), and none was added."},
    {.name = "preflight.on_malformed_date",
     .field = at<&Config::preflight, &Settings::on, &Actions::malformed_date>,
     .fallback = "accept",
     .help = "It is no date (RFC 5322 section 3.3), old forms included."},
    {.name = "preflight.on_doubled_field",
     .field = at<&Config::preflight, &Settings::on, &Actions::doubled_field>,
     .fallback = "accept",
     .help = "A field stands twice that may stand once (RFC 5322 section 3.6): From, To, "
             "Subject and the like. Large receivers refuse such mail."},
    {.name = "preflight.on_long_line",
     .field = at<&Config::preflight, &Settings::on, &Actions::long_line>,
     .fallback = "accept",
     .help = "A line has more than 998 octets (RFC 5322 section 2.1.1); mail servers break "
             "it anywhere."},
    {.name = "preflight.on_unaligned",
     .field = at<&Config::preflight, &Settings::on, &Actions::unaligned>,
     .fallback = "accept",
     .help = "Neither MAIL FROM nor any signature is of the author's organization, by the "
             "public suffix list: DMARC will fail."},
    {.name = "preflight.on_unsigned_bulk",
     .field = at<&Config::preflight, &Settings::on, &Actions::unsigned_bulk>,
     .fallback = "accept",
     .help = "Bulk mail without a DKIM signature of the author's organization."},
    {.name = "preflight.on_no_unsubscribe",
     .field = at<&Config::preflight, &Settings::on, &Actions::no_unsubscribe>,
     .fallback = "accept",
     .help = "Bulk mail whose reader cannot leave by one click: List-Unsubscribe with an "
             "https: address, and List-Unsubscribe-Post (RFC 8058 section 3.1)."},
    {.name = "preflight.on_unsubscribe_unsigned",
     .field = at<&Config::preflight, &Settings::on, &Actions::unsubscribe_unsigned>,
     .fallback = "accept",
     .help = "Bulk mail with both fields, which no signature of the author's organization "
             "covers (RFC 8058 section 4); see sign.key.headers."},
    {.name = "preflight.on_spf",
     .field = at<&Config::preflight, &Settings::on, &Actions::spf>,
     .fallback = "accept",
     .help = "SPF of the domain in MAIL FROM does not pass for an address of "
             "preflight.egress."},
    {.name = "preflight.on_no_ptr",
     .field = at<&Config::preflight, &Settings::on, &Actions::no_ptr>,
     .fallback = "accept",
     .help = "An address of preflight.egress has no name that leads back to it. The sender "
             "can do nothing about it."},
    {.name = "preflight.on_no_dmarc",
     .field = at<&Config::preflight, &Settings::on, &Actions::no_dmarc>,
     .fallback = "accept",
     .help = "Bulk mail of a domain without a DMARC record."},
});

}  // namespace

std::span<const Key<Config>> preflight_keys() noexcept { return preflight_rows; }

}  // namespace milterward::conf
