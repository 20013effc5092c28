// SPDX-License-Identifier: Apache-2.0
// The rows of [quota] and its tables, of [store], and of [control]. Out of the box nothing
// is counted: a limit nobody chose would one day stop somebody's mail.
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto quota_rows = std::to_array<Key<Config>>({
    {.name = "quota.mode",
     .field = at<&Config::quota, &QuotaSettings::mode>,
     .fallback = "monitor",
     .help = "\"monitor\" counts on past the limits and logs, \"enforce\" also refuses or "
             "holds."},
    {.name = "quota.default_class",
     .field = at<&Config::quota, &QuotaSettings::default_class>,
     .help =
         "The class of logins to which the directory gives none (directory.account.class); "
         "empty for none.",
     .example = "standard"},
    {.name = "quota.warn_at",
     .field = at<&Config::quota, &QuotaSettings::warn_at>,
     .fallback = "80",
     .help = "Percent of a limit at which quota.warning is logged; 0 for never.",
     .bounds = {.least = "0", .most = "100"}},
    {.name = "quota.day_begins",
     .field = at<&Config::quota, &QuotaSettings::day_begins>,
     .fallback = "0h",
     .help = "When a \"day\" begins, after midnight UTC.",
     .bounds = {.least = "0s", .most = "23h"}},

    {.name = "warmup.ladder",
     .field = at<&Config::warmup, &WarmupSettings::ladder>,
     .fallback = "20 20 40 80 150 300",
     .help = "Messages a day, step by step. A fifth of them, ten at least, may go to "
             "first-time recipients.",
     .bounds = {.form = &ladder}},
    {.name = "warmup.address_ladder",
     .field = at<&Config::warmup, &WarmupSettings::address_ladder>,
     .fallback = "50 100 250 500 1000 2500 5000 7500 10000 15000 20000 30000 40000 55000 "
                 "70000 100000",
     .help = "The same for an address of ours (quota.egress.warm_up).",
     .bounds = {.form = &ladder}},
    {.name = "warmup.idle_days",
     .field = at<&Config::warmup, &WarmupSettings::idle_days>,
     .fallback = "30",
     .help = "After so many days without a message an account begins one step lower.",
     .bounds = {.least = "1", .most = "365"}},
    {.name = "warmup.store_days",
     .field = at<&Config::warmup, &WarmupSettings::store_days>,
     .fallback = "30",
     .help =
         "So long after a class, or the domains, first warm up, and after the store was "
         "new "
         "or silent for a week (an old copy of it was put back), nobody is taken as new: "
         "who sends then has his plan for good, and warmup.waits says so.",
     .bounds = {.least = "0", .most = "365"}},
    {.name = "warmup.complaint_loops",
     .field = at<&Config::warmup, &WarmupSettings::complaint_loops>,
     .help =
         "Domains whose reports of complaints (RFC 5965: abuse, fraud, virus) count: such "
         "a report has the domain in From and a signature of it that passes.",
     .example = "feedback.example.net"},
    {.name = "warmup.burst_factor",
     .field = at<&Config::warmup, &WarmupSettings::burst_factor>,
     .fallback = "10",
     .help =
         "When an account that has a plan sends so many times what it sends on an "
         "average day, and more than 50 messages, account.burst is logged, and told where "
         "[notify] names a way; 0 for never.",
     .bounds = {.least = "0", .most = "10000"}},
    {.name = "warmup.on_burst",
     .field = at<&Config::warmup, &WarmupSettings::on_burst>,
     .fallback = "log",
     .help = "\"lock\" also locks the account, as milterward-account(1) does."},

    {.name = "store.url",
     .field = at<&Config::store, &StoreSettings::url>,
     .fallback = "sqlite:/var/lib/milterward/state.db",
     .help =
         "\"sqlite:/path\" is a database of this daemon alone, with files of the same "
         "beginning beside it. \"redis://HOST:PORT/DATABASE\", "
         "\"redis+unix:/path?db=DATABASE\" and "
         "\"redis+sentinel://HOST:PORT,HOST:PORT/MASTER/DATABASE\", where sentinels tell "
         "which server is the master, are shared by all daemons that name it; run that "
         "server with \"appendonly yes\", or it forgets the counts when it ends, and with "
         "\"min-replicas-to-write\" where a replica may take its place. Encryption and "
         "access are the business of a tunnel. The store is opened when there is something "
         "to count. Daemons of one Redis that send DMARC reports (report.send) send each "
         "once for all of them; it must not evict then (\"maxmemory-policy noeviction\").",
     .bounds = {.form = &store_url}},
    {.name = "store.timeout",
     .field = at<&Config::store, &StoreSettings::timeout>,
     .fallback = "2s",
     .help = "Longest wait for the store in one step of a message; then it is unavailable "
             "and store.on_outage says what becomes of the message.",
     .bounds = {.least = "10ms", .most = "60s"}},
    {.name = "store.on_outage",
     .field = at<&Config::store, &StoreSettings::on_outage>,
     .fallback = "defer",
     .help = "What becomes of mail while a shared store is away: \"defer\" answers 4xx; "
             "\"local_share\" lets each daemon count alone, up to limit / store.hosts, and "
             "adds its counts when the store is back. At most twice the limit can get "
             "through in a window in which the store was away, and store.merged says how "
             "much did; a daemon that ends before the store is back forgets its share."},
    {.name = "store.hosts",
     .field = at<&Config::store, &StoreSettings::hosts>,
     .fallback = "2",
     .help = "How many daemons share the store: the divisor of \"local_share\".",
     .bounds = {.least = "1", .most = "1000"}},
    {.name = "store.sync",
     .field = at<&Config::store, &StoreSettings::sync>,
     .fallback = "process",
     .help =
         "What a count in \"sqlite:\" outlives before its message is accepted: "
         "\"process\", the sudden death of the daemon; \"disk\", that of the machine too, "
         "at the price of a write to disk that messages wait for together. With "
         "\"process\", what was counted in the last seconds before a power failure may be "
         "forgotten."},

    {.name = "control.socket",
     .field = at<&Config::control, &ControlSettings::socket>,
     .help =
         "Path of the unix socket where milterward-account(1) reaches the daemon; empty "
         "for none, and then no account can be locked.",
     .example = "/run/milterward/control.sock",
     .bounds = {.form = &file_or_none}},
    {.name = "control.socket_owner",
     .field = at<&Config::control, &ControlSettings::socket_owner>,
     .help = "User that owns it; empty for the one who starts the daemon.",
     .example = "postmaster"},
    {.name = "control.socket_group",
     .field = at<&Config::control, &ControlSettings::socket_group>,
     .help = "Group of it; empty for that of the user who starts the daemon.",
     .example = "adm"},
    {.name = "control.socket_mode",
     .field = mode_at<&Config::control, &ControlSettings::socket_mode>,
     .fallback = "0660",
     .help = "Its permissions, in octal. Who may connect may lock and unlock accounts."},
});

constexpr std::string_view limits_as_in_class = "As in quota.class.limits.";
constexpr std::string_view at_limit_as_in_class = "As in quota.class.at_limit.";

constexpr auto class_rows = std::to_array<Key<QuotaClass>>({
    {.name = "quota.class.name",
     .field = at<&QuotaClass::name>,
     .help = "Its name.",
     .example = "standard",
     .need = Need::required,
     .bounds = {.form = &some_text}},
    {.name = "quota.class.limits",
     .field = at<&QuotaClass::plan, &QuotaPlan::limits>,
     .help =
         "Each \"MEASURE=AMOUNT/PERIOD\". Measures: \"messages\"; \"recipients\"; "
         "\"first_time_recipients\", to whom the sender has not written for half a year; "
         "\"bytes\", of header and body, known at the end of the message. Amounts may end "
         "in k, M or G (1000, 1000^2, 1000^3). Periods: \"hour\" and \"day\" of the clock, "
         "or a duration such as \"10m\" or \"24h\", which means any span of that length; "
         "of those up to a 24th more is counted. A message that comes again, with its "
         "Message-ID, Date and size and to the same recipients, within five days, counts "
         "once, up to five times; what the mail server does after it was accepted here is "
         "not seen.",
     .example = "messages=500/day recipients=1000/day messages=30/10m"},
    {.name = "quota.class.at_limit",
     .field = at<&QuotaClass::plan, &QuotaPlan::at_limit>,
     .fallback = "defer",
     .help =
         "What mail meets that would pass a limit: \"defer\" answers 4xx, \"reject\" 5xx, "
         "both at RCPT; \"hold\" puts the message into the mail server's quarantine and "
         "does "
         "not count it.",
     .example = "reject"},
    {.name = "quota.class.warm_up",
     .field = at<&QuotaClass::plan, &QuotaPlan::warm_up>,
     .fallback = "false",
     .help = "New accounts of the class climb warmup.ladder before they have these limits.",
     .example = "true"},
});

constexpr auto domain_rows = std::to_array<Key<QuotaDomain>>({
    {.name = "quota.domain.domains",
     .field = at<&QuotaDomain::domains>,
     .help = "Domains it is for; none for every domain.",
     .example = "example.org .example.org"},
    {.name = "quota.domain.limits",
     .field = at<&QuotaDomain::plan, &QuotaPlan::limits>,
     .help = limits_as_in_class,
     .example = "recipients=10k/day"},
    {.name = "quota.domain.at_limit",
     .field = at<&QuotaDomain::plan, &QuotaPlan::at_limit>,
     .fallback = "defer",
     .help = at_limit_as_in_class,
     .example = "defer"},
    {.name = "quota.domain.warm_up",
     .field = at<&QuotaDomain::plan, &QuotaPlan::warm_up>,
     .fallback = "false",
     .help = "New domains climb warmup.ladder before they have these limits.",
     .example = "true"},
});

constexpr auto client_rows = std::to_array<Key<QuotaClient>>({
    {.name = "quota.client.networks",
     .field = at<&QuotaClient::networks>,
     .help = "Clients it is for.",
     .example = "0.0.0.0/0 ::/0",
     .need = Need::required},
    {.name = "quota.client.limits",
     .field = at<&QuotaClient::plan, &QuotaPlan::limits>,
     .help = limits_as_in_class,
     .example = "messages=200/1h"},
    {.name = "quota.client.at_limit",
     .field = at<&QuotaClient::plan, &QuotaPlan::at_limit>,
     .fallback = "defer",
     .help = at_limit_as_in_class,
     .example = "defer"},
});

constexpr auto egress_rows = std::to_array<Key<QuotaEgress>>({
    {.name = "quota.egress.address",
     .field = at<&QuotaEgress::address>,
     .help = "The address, as other mail servers see it.",
     .example = "192.0.2.25",
     .need = Need::required,
     .bounds = {.form = &ip_address}},
    {.name = "quota.egress.domains",
     .field = at<&QuotaEgress::domains>,
     .help = "Domains of MAIL FROM whose mail leaves by it; none for every domain.",
     .example = "example.org .example.org"},
    {.name = "quota.egress.limits",
     .field = at<&QuotaEgress::plan, &QuotaPlan::limits>,
     .help = limits_as_in_class,
     .example = "messages=100k/day"},
    {.name = "quota.egress.at_limit",
     .field = at<&QuotaEgress::plan, &QuotaPlan::at_limit>,
     .fallback = "defer",
     .help = at_limit_as_in_class,
     .example = "defer"},
    {.name = "quota.egress.warm_up",
     .field = at<&QuotaEgress::plan, &QuotaPlan::warm_up>,
     .fallback = "false",
     .help = "A new address climbs warmup.address_ladder before it has these limits.",
     .example = "true"},
});

std::vector<QuotaClass>& classes_of(Config& config) { return config.quota.classes; }
std::vector<QuotaDomain>& domains_of(Config& config) { return config.quota.domains; }
std::vector<QuotaClient>& clients_of(Config& config) { return config.quota.clients; }
std::vector<QuotaEgress>& egresses_of(Config& config) { return config.quota.egresses; }

constexpr Repeated<QuotaClass> classes{
    .name = "quota.class",
    .after = "quota",
    .help =
        "The limits of a class of accounts, such as free, standard, bulk or "
        "transactional. Each login is counted on its own, letter case makes no difference.",
    .rows = classes_of,
    .keys = class_rows};

constexpr Repeated<QuotaDomain> domains{
    .name = "quota.domain",
    .after = "quota",
    .help =
        "Limits of mail of ours by domain, each domain counted on its own: the domain of a "
        "login that is an address, else that of MAIL FROM. The first table that names the "
        "domain applies; one without limits exempts.",
    .rows = domains_of,
    .keys = domain_rows};

constexpr Repeated<QuotaClient> clients{
    .name = "quota.client",
    .after = "quota",
    .help =
        "Limits by client, strangers and logins alike, each IPv4 address and each IPv6 "
        "network of 64 bits counted on its own; hosts in relay.upstream are never counted. "
        "Mail that did not come by SMTP counts for 127.0.0.1. The first table that names "
        "the client applies; one without limits exempts.",
    .rows = clients_of,
    .keys = client_rows};

constexpr Repeated<QuotaEgress> egresses{
    .name = "quota.egress",
    .after = "quota",
    .help =
        "Limits of all mail of ours that leaves by one of our own addresses. Which address "
        "the mail server uses is not seen here: say it by the domain of MAIL FROM, as its "
        "transport tables do. The first table that names the domain applies.",
    .rows = egresses_of,
    .keys = egress_rows};

}  // namespace

std::span<const Key<Config>> quota_keys() noexcept { return quota_rows; }
const Repeated<QuotaClass>& quota_class_table() noexcept { return classes; }
const Repeated<QuotaDomain>& quota_domain_table() noexcept { return domains; }
const Repeated<QuotaClient>& quota_client_table() noexcept { return clients; }
const Repeated<QuotaEgress>& quota_egress_table() noexcept { return egresses; }

}  // namespace milterward::conf
