// SPDX-License-Identifier: Apache-2.0
// The rows of the tables that repeat: [[listener]], [[sign.key]], [[dmarc.override]].
#include <array>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto listener_rows = std::to_array<Key<Listener>>({
    {.name = "listener.port",
     .field = at<&Listener::port>,
     .help = "Port of the mail server, as its macro {daemon_port} names it.",
     .example = "587",
     .bounds = {.form = &port_or_none}},
    {.name = "listener.name",
     .field = at<&Listener::name>,
     .help = "Name of the listener, as the macro {daemon_name} names it. Postfix gives all "
             "the same name unless master.cf sets milter_macro_daemon_name.",
     .example = "submission"},
    {.name = "listener.kind",
     .field = at<&Listener::kind>,
     .help = "\"submission\": whoever has neither a login nor a trusted network is refused "
             "at MAIL.",
     .example = "submission",
     .need = Need::required},
});

constexpr auto signing_key_rows = std::to_array<Key<SigningKey>>({
    {.name = "sign.key.domain",
     .field = at<&SigningKey::domain>,
     .help = "Domain of From whose mail is signed, and d= of the signature.",
     .example = "example.org",
     .need = Need::required},
    {.name = "sign.key.selector",
     .field = at<&SigningKey::selector>,
     .help = "Selector: the public key stands at SELECTOR._domainkey.DOMAIN.",
     .example = "2026a",
     .need = Need::required,
     .bounds = {.form = &selector}},
    {.name = "sign.key.file",
     .field = at<&SigningKey::file>,
     .help = "Private key in PEM, RSA or Ed25519; root:milterward 0640 or milterward 0600. "
             "A key that others may read is refused.",
     .example = "/etc/milterward/keys/example.org.2026a.pem",
     .need = Need::required,
     .bounds = {.form = &file_path}},
    {.name = "sign.key.subdomains",
     .field = at<&SigningKey::subdomains>,
     .fallback = "false",
     .help = "Whether the key also signs for authors in subdomains that have no key of "
             "their own.",
     .example = "true"},
});

constexpr auto dmarc_override_rows = std::to_array<Key<DmarcOverride>>({
    {.name = "dmarc.override.author_domains",
     .field = at<&DmarcOverride::author_domains>,
     .help =
         "Domains of From. Alone it lets anybody write as them: name how the mail comes "
         "as well.",
     .example = "partner.example .partner.example"},
    {.name = "dmarc.override.networks",
     .field = at<&DmarcOverride::networks>,
     .help = "Clients it comes from, as networks or addresses.",
     .example = "192.0.2.25"},
    {.name = "dmarc.override.hosts",
     .field = at<&DmarcOverride::hosts>,
     .help = "Clients it comes from, by a name that leads back to their address.",
     .example = ".forwarder.example"},
    {.name = "dmarc.override.authenticated",
     .field = at<&DmarcOverride::authenticated>,
     .help = "Domains of which one passed SPF for MAIL FROM or signed the message, such as "
             "that of a mailing list.",
     .example = "lists.example.net"},
    {.name = "dmarc.override.treat_as",
     .field = at<&DmarcOverride::treat_as>,
     .help = "The policy that applies instead of the published one. \"reject\" needs no "
             "second finding.",
     .example = "none",
     .need = Need::required},
    {.name = "dmarc.override.reason",
     .field = at<&DmarcOverride::reason>,
     .fallback = "local_policy",
     .help = "What is recorded as the reason, in the words of RFC 9990.",
     .example = "mailing_list"},
    {.name = "dmarc.override.comment",
     .field = at<&DmarcOverride::comment>,
     .help = "What is recorded with it.",
     .example = "list of the choir",
     .bounds = {.form = &any_text}},
});

/// Where the rows of a table stand.
template <class Row, auto First, auto... Rest>
std::vector<Row>& rows_at(Config& config) {
  return ((config.*First).*....*Rest);
}

constexpr Repeated<Listener> listeners{
    .name = "listener",
    .after = "relay",
    .help =
        "A listener of the mail server that takes mail of logins only. Marking one "
        "never grants anything. Port, name or both; where both are given, both must "
        "match.",
    .rows = &rows_at<Listener, &Config::listeners>,
    .keys = listener_rows};

constexpr Repeated<SigningKey> signing_keys{
    .name = "sign.key",
    .after = "sign",
    .help = "A private key. Several of one domain each make a signature.",
    .rows = &rows_at<SigningKey, &Config::sign, &SignSettings::keys>,
    .keys = signing_key_rows};

constexpr Repeated<DmarcOverride> dmarc_overrides{
    .name = "dmarc.override",
    .after = "dmarc",
    .help =
        "Mail that fails DMARC and is known to be honest, or to be worse than it looks. "
        "All that a row names must be true of a message; of each list one entry is "
        "enough. The first row that fits counts.",
    .rows = &rows_at<DmarcOverride, &Config::inbound, &InboundSettings::dmarc_overrides>,
    .keys = dmarc_override_rows};

}  // namespace

const Repeated<Listener>& listener_table() noexcept { return listeners; }
const Repeated<SigningKey>& signing_key_table() noexcept { return signing_keys; }
const Repeated<DmarcOverride>& dmarc_override_table() noexcept { return dmarc_overrides; }

}  // namespace milterward::conf
