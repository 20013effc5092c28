// SPDX-License-Identifier: Apache-2.0
// The rows of what lists in DNS say of a client: [dnsbl], [[dnsbl.list]]. No list is asked
// unless it is named: each is somebody's service, with terms of its own.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto dnsbl_rows = std::to_array<Key<Config>>({
    {.name = "dnsbl.on_listed",
     .field = at<&Config::inbound, &InboundSettings::dnsbl, &DnsblSettings::listed>,
     .fallback = "tag",
     .help = "The score is dnsbl.listed_score or more. Such a client is also the second "
             "finding that dmarc.reject wants."},
    {.name = "dnsbl.on_badly_listed",
     .field = at<&Config::inbound, &InboundSettings::dnsbl, &DnsblSettings::badly_listed>,
     .fallback = "quarantine",
     .help = "The score is dnsbl.badly_listed_score or more."},
    {.name = "dnsbl.listed_score",
     .field = at<&Config::inbound, &InboundSettings::dnsbl, &DnsblSettings::listed_score>,
     .fallback = "1",
     .help = "From which score on a client counts as listed.",
     .bounds = {.least = "1", .most = "1000"}},
    {.name = "dnsbl.badly_listed_score",
     .field =
         at<&Config::inbound, &InboundSettings::dnsbl, &DnsblSettings::badly_listed_score>,
     .fallback = "3",
     .help = "From which score on it counts as badly listed.",
     .bounds = {.least = "1", .most = "1000"}},
    {.name = "dnsbl.timeout",
     .field = at<&Config::inbound, &InboundSettings::dnsbl, &DnsblSettings::timeout>,
     .fallback = "3s",
     .help = "How long lists are waited for, from the moment the client connects. One that "
             "is silent speaks neither against the client nor for it; and while a list of "
             "kind \"allow\" is silent that could make the difference, \"reject\" defers.",
     .bounds = {.least = "100ms", .most = "60s"}},
});

constexpr auto list_rows = std::to_array<Key<DnsList>>({
    {.name = "dnsbl.list.zone",
     .field = at<&DnsList::zone>,
     .help = "The zone that is asked. Mind the terms of who runs it: most want to be asked "
             "by a resolver of your own, some by a zone of your own.",
     .example = "zen.spamhaus.org",
     .need = Need::required},
    {.name = "dnsbl.list.name",
     .field = at<&DnsList::name>,
     .help = "How the list is called in replies, results, log and facts; empty for its "
             "zone. For zones that hold a secret key of yours.",
     .example = "zen.spamhaus.org",
     .bounds = {.form = &list_name}},
    {.name = "dnsbl.list.kind",
     .field = at<&DnsList::kind>,
     .fallback = "block",
     .help = "\"block\": an answer speaks against the client. \"allow\": it speaks for it, "
             "and Authentication-Results says so (dnswl, RFC 8904).",
     .example = "block"},
    {.name = "dnsbl.list.codes",
     .field = at<&DnsList::codes>,
     .fallback = "127.*.*.*",
     .help = "The answers that count, with \"-\" for a range and \"*\" for any octet. "
             "Answers in 127.255.255.0/24 and 127.0.0.1 are errors and never count. A zone "
             "whose answers differ in weight gets a row for each.",
     .example = "127.0.0.2-11 127.0.*.3"},
    {.name = "dnsbl.list.weight",
     .field = at<&DnsList::weight>,
     .fallback = "1",
     .help = "What the row adds to the score, or takes from it.",
     .example = "2",
     .bounds = {.least = "1", .most = "1000"}},
});

std::vector<DnsList>& lists_of(Config& config) { return config.inbound.dnsbl.lists; }

constexpr Repeated<DnsList> lists{
    .name = "dnsbl.list",
    .after = "dnsbl",
    .help =
        "A list, or one of several rows about a list. A list that answers for 127.0.0.1 "
        "too, or outside of 127.0.0.0/8, is not believed (RFC 5782 section 5).",
    .rows = lists_of,
    .keys = list_rows};

}  // namespace

std::span<const Key<Config>> dnsbl_keys() noexcept { return dnsbl_rows; }
const Repeated<DnsList>& dns_list_table() noexcept { return lists; }

}  // namespace milterward::conf
