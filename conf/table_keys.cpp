// SPDX-License-Identifier: Apache-2.0
// The rows of the tables that repeat: [[listener]], [[sign.key]].
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

constexpr Repeated<Listener> listeners{
    .name = "listener",
    .after = "relay",
    .help =
        "A listener of the mail server that takes mail of logins only. Marking one "
        "never grants anything. Port, name or both; where both are given, both must "
        "match.",
    .rows = [](Config & config) -> auto& {return config.listeners;
}  // namespace
, .keys = listener_rows
};  // namespace milterward::conf

constexpr Repeated<SigningKey> signing_keys{
    .name = "sign.key",
    .after = "sign",
    .help = "A private key. Several of one domain each make a signature.",
    .rows = [](Config & config) -> auto& {return config.sign.keys;
}
, .keys = signing_key_rows
}
;

}  // namespace

const Repeated<Listener>& listener_table() noexcept { return listeners; }
const Repeated<SigningKey>& signing_key_table() noexcept { return signing_keys; }

}  // namespace milterward::conf
