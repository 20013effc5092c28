// SPDX-License-Identifier: Apache-2.0
// The rows, but for those of policy for inbound mail (inbound_keys.cpp). A default is what
// surprises nobody: every area only watches.
#include "conf/keys.h"

#include <array>
#include <vector>

namespace milterward::conf {
namespace {

constexpr auto section_rows = std::to_array<Section>({
    {"milter", "Where the mail server reaches Milterward. Changes need a restart."},
    {"daemon", "The process itself. Changes need a restart."},
    {"drain", "How the daemon ends."},
    {"log", "What is written down, and where."},
    {"journal",
     "Decisions, kept for those who ask about them later. A file of this host alone; "
     "several daemons may share one."},
    {"notify",
     "Who is told when something needs a person: a program of yours, a web service, or "
     "both. Mail never waits for them; what fails is logged as notify.failed. See "
     "NOTIFICATIONS in milterward(8)."},
    {"status",
     "A web server that shows what the daemon does: numbers for Prometheus, and a page for "
     "people. See METRICS in milterward(8). A changed address counts on SIGHUP; a port "
     "below 1024, which only root may open, after a restart."},
    {"report",
     "What domain owners are told of mail in their name: DMARC aggregate reports (RFC "
     "9990) and failure reports (RFC 9991). See milterward-report(1). Changes count on "
     "SIGHUP; reports that wait keep their content."},
    {"feedback",
     "What others report of mail in your domains: DMARC aggregate reports (RFC 9990, RFC "
     "7489) and reports of TLS (RFC 8460). They are read from mail as it comes, or by "
     "\"milterward report ingest\"; \"milterward report received\" shows them. See "
     "milterward-report(1)."},
    {"dns", "Whom to ask, and for how long."},
    {"relay", "Who may send mail to whom through this server."},
    {"directory",
     "Who owns which address, and which class an account has. As soon as anything is said "
     "here of owners, a login signs and writes only as what is its own."},
    {"directory.sql",
     "A database that says who is who, beside the files and rows of [directory]. The "
     "queries are yours, as in the tables of Postfix; places such as :domain are filled in "
     "by the database itself, so nothing a stranger writes becomes part of a query."},
    {"identity",
     "Mail whose MAIL FROM, From or Sender names an address that its login does not own."},
    {"quota",
     "How much an account, a domain or a client may send. Mail is counted when we accept "
     "it "
     "at its end, and reserved from RCPT on; what is refused, given up or broken off is "
     "given "
     "back. What the mail server does after our answer we do not see."},
    {"warmup",
     "New accounts, domains and addresses of ours climb a ladder where "
     "quota.class.warm_up, "
     "quota.domain.warm_up or quota.egress.warm_up says so: each day on which they send "
     "takes them one step up, until their plan rules alone. They stay where they are "
     "while, "
     "within a month, mail came back from more than a twentieth of their recipients (three "
     "at least, of two messages at least) or more than a thousandth of their messages was "
     "complained about (two at least). A notice of failure counts only for a message that "
     "they sent to that recipient within a week, once; a complaint likewise, and only from "
     "warmup.complaint_loops. Notices of Postfix itself reach a filter only with "
     "internal_mail_filter_classes = bounce. While a shared store is away, everybody has "
     "his "
     "plan, within store.on_outage."},
    {"store",
     "Where counts are kept. A change of anything but store.timeout needs a restart."},
    {"control",
     "Where milterward-account(1) reaches the daemon. A change needs a restart."},
    {"inbound",
     "Mail from strangers. Actions, the mildest first: \"accept\" does nothing; \"tag\" "
     "adds a field Milterward-Verdict that names the action and the rule; \"subject\" "
     "puts inbound.subject_tag before the subject too; \"quarantine\" does what "
     "inbound.quarantine says; \"redirect\" delivers to inbound.redirect_to instead of "
     "the recipient; \"defer\" answers 4xx, so that the sender tries again; \"reject\" "
     "answers 5xx. All but the last two add the field. Of several actions the strictest "
     "is taken."},
    {"spf", "Findings of SPF (RFC 7208) and what each leads to."},
    {"dkim", "Findings of DKIM (RFC 6376) and what each leads to."},
    {"arc", "Chains of forwarded mail (ARC, RFC 8617). They are always validated."},
    {"dmarc", "Findings of DMARC (RFC 9989) and what each leads to."},
    {"iprev",
     "Findings about the client's name (RFC 8601 section 3), and what each leads to: does "
     "its address have a name that leads back to it?"},
    {"helo",
     "Findings about the name a stranger gives in HELO (RFC 5321 section 2.3.5), and what "
     "each leads to. Not of hosts in relay.upstream."},
    {"dnsbl",
     "Lists in DNS that speak for or against a client (RFC 5782). All are asked at once "
     "when "
     "a client connects, in whatever mode; never about clients in relay.trusted_networks "
     "or "
     "exempt.networks, nor on a listener for submissions. Nothing comes of it for who logs "
     "in later. For mail of a host in relay.upstream the client is the one that its "
     "Received line names."},
    {"exempt",
     "Whom the policy for inbound mail leaves alone: no finding leads to anything. Results "
     "are recorded all the same, and relaying needs a permission of its own."},
    {"recipient", "Policy that depends on the recipient."},
    {"authres", "The Authentication-Results header field (RFC 8601)."},
    {"trace",
     "The header field by which mail that comes back from a content filter or a redirect "
     "is recognised."},
    {"sign", "DKIM signatures on mail of our own users."},
    {"pkcs11",
     "Private keys that stay in a token (PKCS#11): a smart card, an HSM, or SoftHSM. "
     "sign.key.file names them by URI, and \"milterward keys list\" shows what DNS is to "
     "say of them."},
    {"preflight",
     "Would receivers take the mail of our own users that leaves? What is found is logged "
     "in any case (message.decided, preflight). \"accept\" leaves it at that, \"tag\" adds "
     "a "
     "field Milterward-Verdict, \"hold\" uses the mail server's own quarantine, \"reject\" "
     "answers 550. Of several actions the strictest is taken."},
});

constexpr auto own_rows = std::to_array<Key<Config>>({
    // milter
    {.name = "milter.socket",
     .field = at<&Config::milter, &MilterSettings::socket>,
     .fallback = "unix:/var/spool/postfix/milterward/milterward.sock",
     .help = "Where the mail server connects: \"unix:/path\", \"inet:PORT@HOST\", "
             "\"inet6:PORT@HOST\", or \"fd:N\" for a socket that systemd hands over. "
             "Postfix runs in /var/spool/postfix on Debian and sees only sockets below it.",
     .bounds = {.form = &milter_socket}},
    {.name = "milter.socket_owner",
     .field = at<&Config::milter, &MilterSettings::socket_owner>,
     .help = "User that owns the unix socket; empty for the one who starts the daemon."},
    {.name = "milter.socket_group",
     .field = at<&Config::milter, &MilterSettings::socket_group>,
     .help = "Group of the unix socket; empty for that of the user who starts the daemon. "
             "With mode 0660 the mail server must be a member.",
     .example = "postfix"},
    {.name = "milter.socket_mode",
     .field = mode_at<&Config::milter, &MilterSettings::socket_mode>,
     .fallback = "0660",
     .help = "Permissions of the unix socket, in octal. Who may connect may claim to be a "
             "mail server."},
    {.name = "milter.front",
     .field = at<&Config::milter, &MilterSettings::front>,
     .fallback = "native",
     .help = "Who speaks the milter protocol with the mail server: \"native\" is "
             "Milterward's own engine, \"libmilter\" Sendmail's library."},
    {.name = "milter.threads",
     .field = at<&Config::milter, &MilterSettings::threads>,
     .fallback = "per_connection",
     .help = "\"per_connection\" gives each connection a thread of its own, so that one "
             "that waits for DNS holds up nobody; \"pool\" leaves it to libmilter's "
             "worker pool. Only for front = \"libmilter\"."},

    // daemon
    {.name = "daemon.user",
     .field = at<&Config::daemon, &DaemonSettings::user>,
     .fallback = "milterward",
     .help = "Whom a daemon started as root becomes once its socket is open. Keys are read "
             "as this user.",
     .bounds = {.form = &some_text}},
    {.name = "daemon.pid_file",
     .field = at<&Config::daemon, &DaemonSettings::pid_file>,
     .help = "File that holds the process id; empty for none.",
     .example = "/run/milterward/milterward.pid",
     .bounds = {.form = &file_or_none}},
    {.name = "daemon.sandbox",
     .field = at<&Config::daemon, &DaemonSettings::sandbox>,
     .fallback = "if_possible",
     .help = "Once started, the daemon denies itself what it needs no more: to start "
             "programs and processes, to trace others, to mount, to load code into the "
             "kernel, to change its rights, memory that is writable and executable, "
             "sockets other than unix, inet and inet6; and it leaves no core dump. "
             "\"if_possible\" goes on with a warning where the kernel cannot do it, "
             "\"required\" does not start there. A change needs a restart."},
    {.name = "daemon.lock_memory",
     .field = at<&Config::daemon, &DaemonSettings::lock_memory>,
     .fallback = "if_possible",
     .help = "Keeps what the daemon remembers, private keys above all, out of swap: pages "
             "that it has touched stay in memory. Wants an unlimited RLIMIT_MEMLOCK, which "
             "the service's unit gives and a daemon started as root gives itself. "
             "\"if_possible\" goes on with a warning without it, \"required\" does not "
             "start. A change needs a restart."},

    // drain
    {.name = "drain.limit",
     .field = at<&Config::drain, &DrainSettings::limit>,
     .fallback = "300s",
     .help = "How long connections are still served after SIGTERM, before those that are "
             "left are closed.",
     .bounds = {.least = "0s", .most = "1h"}},

    // log
    {.name = "log.target",
     .field = at<&Config::log, &LogSettings::target>,
     .fallback = "stderr",
     .help = "Where log lines go. Under systemd, stderr ends in the journal too; "
             "\"journal\" keeps the fields apart."},
    {.name = "log.format",
     .field = at<&Config::log, &LogSettings::format>,
     .fallback = "keyvalue",
     .help = "\"keyvalue\" writes name=value pairs, \"json\" one object a line."},
    {.name = "log.level",
     .field = at<&Config::log, &LogSettings::level>,
     .fallback = "info",
     .help = "The lowest level that is written. One line per message is of level info."},
    {.name = "log.facts",
     .field = at<&Config::log, &LogSettings::facts>,
     .help = "File to which the facts of every message are appended, for "
             "\"milterward explain\"; empty for none. It names senders and recipients: "
             "keep it private.",
     .example = "/var/log/milterward/facts",
     .bounds = {.form = &file_or_none}},

    // dns
    {.name = "dns.servers",
     .field = at<&Config::dns, &DnsSettings::servers>,
     .help = "Name servers to ask, with ports if not 53; empty for those of "
             "/etc/resolv.conf. A validating resolver on this host is best.",
     .example = "127.0.0.1 ::1@5353"},
    {.name = "dns.timeout",
     .field = at<&Config::dns, &DnsSettings::timeout>,
     .fallback = "5s",
     .help = "Longest wait for the answer to one DNS question, retries included.",
     .bounds = {.least = "100ms", .most = "60s"}},
    {.name = "dns.message_deadline",
     .field = at<&Config::dns, &DnsSettings::message_deadline>,
     .fallback = "8s",
     .help = "Longest wait for all DNS questions of one message; what is unanswered then "
             "is a temperror. Keep it below the patience of the mail server: Sendmail "
             "waits 10 s for a reply unless its S: and R: time-outs say otherwise, Postfix "
             "30 s for a command and 300 s for the end of a message.",
     .bounds = {.least = "100ms", .most = "5m"}},
    {.name = "dns.questions_per_message",
     .field = at<&Config::dns, &DnsSettings::questions_per_message>,
     .fallback = "300",
     .help = "How many DNS questions one message may cost, answers from memory included. "
             "Checks that would ask more are a permerror (DMARC's search for a policy: a "
             "temperror); ordinary mail asks 20.",
     .bounds = {.least = "20", .most = "10000"}},
    {.name = "dns.cache_entries",
     .field = at<&Config::dns, &DnsSettings::cache_entries>,
     .fallback = "20000",
     .help = "How many answers are kept in memory, for as long as their TTL allows.",
     .bounds = {.least = "1", .most = "10000000"}},
    {.name = "dns.trust_anchor_file",
     .field = at<&Config::dns, &DnsSettings::trust_anchor_file>,
     .help = "File with the DNSSEC trust anchor; answers are validated only when it is "
             "set.",
     .example = "/usr/share/dns/root.key",
     .bounds = {.form = &file_or_none}},

    // relay
    {.name = "relay.mode",
     .field = at<&Config::relay, &RelaySettings::mode>,
     .fallback = "monitor",
     .help = "\"monitor\" decides and logs, \"enforce\" also refuses."},
    {.name = "relay.domains",
     .field = at<&Config::relay, &RelaySettings::domains>,
     .help = "Domains whose recipients are ours: anybody may write to them. "
             "\".example.org\" stands for everything below example.org, not for itself.",
     .example = "example.org .example.org"},
    {.name = "relay.trusted_networks",
     .field = at<&Config::relay, &RelaySettings::trusted_networks>,
     .fallback = "127.0.0.0/8 ::1/128",
     .help = "Clients that may send to anybody without a login; their mail is treated as "
             "submitted by our own users."},
    {.name = "relay.upstream",
     .field = at<&Config::relay, &RelaySettings::upstream>,
     .help = "Hosts of ours that hand us mail of strangers, such as a secondary MX or a "
             "gateway in front. Never a submission; SPF is about the client that their "
             "Received line names.",
     .example = "192.0.2.25"},

    // arc
    {.name = "arc.trusted_sealers",
     .field = at<&Config::arc, &ArcSettings::trusted_sealers>,
     .help =
         "Forwarders and mailing lists whose word counts: the d= of their ARC-Seal. What "
         "one of them saw pass for the domain of From is recorded as a fact, when nobody "
         "else had the message after it. Whoever is named here can make any sender look "
         "authentic.",
     .example = "lists.example.net"},
    {.name = "arc.seal",
     .field = at<&Config::arc, &ArcSettings::seal>,
     .fallback = "off",
     .help =
         "Which mail of strangers gets an ARC Set of ours, by a key of [[arc.key]], for "
         "those it is forwarded to. \"returned\": what a mailing list manager, a Sieve "
         "redirect or another program on a trusted host hands in again for a recipient "
         "elsewhere; our Authentication-Results field must still be on it. "
         "\"inbound\": that, and all mail as it comes, since a filter does not see "
         "again what the mail server forwards by aliases or .forward files. Mail that "
         "is changed after that, by the mail server or by a delivery agent, arrives "
         "with a broken chain. Mail whose subject is tagged is not sealed."},

    // authres
    {.name = "authres.authserv_id",
     .field = at<&Config::authres, &AuthresSettings::authserv_id>,
     .help = "Name under which results are written; empty for the host name. Fields that "
             "arrive under this name are forged and removed.",
     .example = "mx.example.org",
     .bounds = {.form = &authserv_id}},
    {.name = "authres.also_remove",
     .field = at<&Config::authres, &AuthresSettings::also_remove>,
     .help = "Further names under which arriving Authentication-Results are removed: those "
             "of our other hosts.",
     .example = "mx2.example.org",
     .bounds = {.form = &authserv_id}},
    {.name = "authres.keep_from_upstream",
     .field = at<&Config::authres, &AuthresSettings::keep_from_upstream>,
     .help =
         "Names of gateways of ours that write results themselves: their fields stay on "
         "mail that a host in relay.upstream hands in. On any other mail fields under "
         "these names are removed. The gateway must remove forged ones itself.",
     .example = "gateway.example.org",
     .bounds = {.form = &authserv_id}},
    {.name = "authres.comments",
     .field = at<&Config::authres, &AuthresSettings::comments>,
     .fallback = "true",
     .help =
         "Add comments for people, such as the size of a key or the name of the client. "
         "Set it to false where a program that reads the field stumbles over them."},
    {.name = "authres.show_login",
     .field = at<&Config::authres, &AuthresSettings::show_login>,
     .fallback = "false",
     .help =
         "Say who logged in, as auth=pass smtp.auth=NAME. Mail of our own users then "
         "gets an Authentication-Results field too, and whoever receives that mail reads "
         "the name of the login."},

    // trace
    {.name = "trace.secret_file",
     .field = at<&Config::trace, &TraceSettings::secret_file>,
     .fallback = "/var/lib/milterward/trace.key",
     .help = "The secret of the trace header; made when it is missing. Hosts that hand "
             "mail to each other need the same.",
     .bounds = {.form = &file_path}},

    // sign
    {.name = "sign.on_missing_key",
     .field = at<&Config::sign, &SignSettings::on_missing_key>,
     .fallback = "defer",
     .help = "Mail of a domain whose key could not be used: \"defer\" keeps it with the "
             "sender, \"pass\" sends it unsigned, \"reject\" refuses it."},
    {.name = "sign.directory",
     .field = at<&Config::sign, &SignSettings::directory>,
     .help = "Directory of keys, DOMAIN/SELECTOR.pem below it, as milterward-keygen(1) "
             "makes them: all keys of a domain sign its mail. They need no [[sign.key]], "
             "are read when mail of their domain comes, and one that cannot be used "
             "concerns its own domain only. Empty for none.",
     .example = "/var/lib/milterward/keys",
     .bounds = {.form = &file_or_none}},
    {.name = "sign.subdomains",
     .field = at<&Config::sign, &SignSettings::subdomains>,
     .fallback = "false",
     .help = "Whether keys of sign.directory and directory.sql.key_query also sign for "
             "authors in subdomains that have no key of their own."},
    {.name = "sign.cached_keys",
     .field = at<&Config::sign, &SignSettings::cached_keys>,
     .fallback = "2000",
     .help = "How many keys of sign.directory and directory.sql.key_query are kept in "
             "memory, those of the domains that wrote last; a domain without a key counts "
             "as one. An RSA key of 2048 bits takes some 15 KB.",
     .bounds = {.least = "16", .most = "10000000"}},
    {.name = "sign.key_lifetime",
     .field = at<&Config::sign, &SignSettings::key_lifetime>,
     .fallback = "60s",
     .help = "How long keys of sign.directory and directory.sql.key_query are used before "
             "it is looked whether they are still the same; a reload looks at once. What "
             "was known counts on while the directory or the database does not answer.",
     .bounds = {.least = "1s", .most = "24h"}},
    {.name = "sign.rotate_every",
     .field = at<&Config::sign, &SignSettings::rotate_every>,
     .fallback = "0s",
     .help = "After how long a key below sign.directory gets a successor, as "
             "milterward-keys(1) describes; \"0s\" leaves keys alone. The daemon must be "
             "able to write there.",
     .example = "2160h",
     .bounds = {.least = "0s", .most = "26280h"}},
    {.name = "sign.retire_after",
     .field = at<&Config::sign, &SignSettings::retire_after>,
     .fallback = "168h",
     .help = "How long the record of a key that signs no more has to stay, since mail that "
             "it signed may wait in queues; then the key is revoked and taken away.",
     .bounds = {.least = "1h", .most = "8760h"}},
    {.name = "sign.ask_authoritative",
     .field = at<&Config::sign, &SignSettings::ask_authoritative>,
     .fallback = "most",
     .help =
         "How many of the zone's own name servers, each asked directly, have to show a "
         "key below sign.directory before it signs: \"any\", \"most\" (more than half) or "
         "\"all\". One that shows anything else keeps the key waiting in any case. \"off\" "
         "asks only the resolvers of [dns], for hosts that reach nothing else on port 53."},
    {.name = "sign.publish_hook",
     .field = at<&Config::sign, &SignSettings::publish_hook>,
     .help = "Program that publishes and withdraws the records of keys, as "
             "milterward-keys(1) describes; empty for none. A change from empty needs a "
             "restart.",
     .example = "/etc/milterward/publish",
     .bounds = {.form = &file_or_none}},
});

}  // namespace

std::span<const Section> sections() noexcept { return section_rows; }
std::span<const Key<Config>> keys() noexcept {
  static const auto all = [] {
    std::vector<Key<Config>> rows{own_rows.begin(), own_rows.end()};
    rows.insert(rows.end(), inbound_keys().begin(), inbound_keys().end());
    rows.insert(rows.end(), dnsbl_keys().begin(), dnsbl_keys().end());
    rows.insert(rows.end(), sql_keys().begin(), sql_keys().end());
    rows.insert(rows.end(), directory_keys().begin(), directory_keys().end());
    rows.insert(rows.end(), pkcs11_keys().begin(), pkcs11_keys().end());
    rows.insert(rows.end(), preflight_keys().begin(), preflight_keys().end());
    rows.insert(rows.end(), journal_keys().begin(), journal_keys().end());
    rows.insert(rows.end(), notify_keys().begin(), notify_keys().end());
    rows.insert(rows.end(), status_keys().begin(), status_keys().end());
    rows.insert(rows.end(), report_keys().begin(), report_keys().end());
    rows.insert(rows.end(), feedback_keys().begin(), feedback_keys().end());
    rows.insert(rows.end(), quota_keys().begin(), quota_keys().end());
    return rows;
  }();
  return all;
}

}  // namespace milterward::conf
