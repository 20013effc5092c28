// SPDX-License-Identifier: Apache-2.0
// The rows of the tables that repeat: [[relay.certificate]], [[listener]], [[arc.key]],
// [[sign.key]], [[dmarc.override]].
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

constexpr auto certificate_rows = std::to_array<Key<ClientCertificate>>({
    {.name = "relay.certificate.issuer",
     .field = at<&ClientCertificate::issuer>,
     .help = "Who issued it: the common name of the authority, or, for Sendmail alone, the "
             "distinguished name as its macro {cert_issuer} spells it, beginning with "
             "\"/\".",
     .example = "Example Corp Mail CA",
     .need = Need::required,
     .bounds = {.form = &some_text}},
    {.name = "relay.certificate.subject",
     .field = at<&ClientCertificate::subject>,
     .help = "Whose it is, in the same way.",
     .example = "gateway.example.org",
     .need = Need::required,
     .bounds = {.form = &some_text}},
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
             "A key that others may read is refused. \"pkcs11:token=...;object=...\" (RFC "
             "7512) names one that stays in a token; its public key has to lie beside it. "
             "See [pkcs11].",
     .example = "/etc/milterward/keys/example.org.2026a.pem",
     .need = Need::required,
     .bounds = {.form = &key_name}},
    {.name = "sign.key.subdomains",
     .field = at<&SigningKey::subdomains>,
     .fallback = "false",
     .help = "Whether the key also signs for authors in subdomains that have no key of "
             "their own.",
     .example = "true"},
    {.name = "sign.key.authors",
     .field = at<&SigningKey::authors>,
     .help =
         "Further domains of From whose mail the key signs, by logins that may write as "
         "them; \".example.net\" stands for everything below example.net. Such a "
         "signature vouches for the mail and does not help with DMARC.",
     .example = "example.net .example.net"},
    {.name = "sign.key.fallback",
     .field = at<&SigningKey::fallback>,
     .fallback = "false",
     .help =
         "Whether the key signs mail that no other key signs, whatever its domain of "
         "From, and no other mail. That mail goes out in the name of this key's domain.",
     .example = "true"},
    {.name = "sign.key.logins",
     .field = at<&SigningKey::logins>,
     .help =
         "Logins for whose mail the key is there; empty for all, and for mail without a "
         "login.",
     .example = "newsletter@example.org"},
    {.name = "sign.key.senders",
     .field = at<&SigningKey::senders>,
     .help = "MAIL FROM of the mail for which the key is there, as in "
             "directory.account.may_use; empty for all. Mail from <> is none of those "
             "named.",
     .example = "bounces.example.org"},
    {.name = "sign.key.listeners",
     .field = at<&SigningKey::listeners>,
     .help = "Listeners of the mail server for whose mail the key is there, each by its "
             "port (macro {daemon_port}) or its name ({daemon_name}; see listener.name); "
             "empty for all.",
     .example = "587 submissions"},
    {.name = "sign.key.canonicalization",
     .field = at<&SigningKey::forms>,
     .fallback = "relaxed/relaxed",
     .help = "Form of header and body that is signed (RFC 6376 section 3.4). \"simple\" "
             "breaks when a mail server folds a line anew, as Sendmail does.",
     .example = "relaxed/relaxed"},
    {.name = "sign.key.expires_after",
     .field = at<&SigningKey::expires_after>,
     .fallback = "0s",
     .help = "How long the signature is valid (x=), so that a copy cannot be sent again "
             "for ever; \"0s\" for no end. Mail may wait in queues for 5 days and for "
             "the moderator of a list longer.",
     .example = "336h",
     .bounds = {.least = "0s", .most = "8760h"}},
    {.name = "sign.key.identity",
     .field = at<&SigningKey::identity>,
     .help = "i= of the signature, an address or @ and a domain within that of the key; "
             "empty for none. DMARC looks at d= only.",
     .example = "@example.org",
     .bounds = {.form = &signing_identity}},
    {.name = "sign.key.oversigned",
     .field = at<&SigningKey::oversigned>,
     .fallback = "From To Cc Subject Reply-To Date Message-ID Sender MIME-Version "
                 "Content-Type Content-Transfer-Encoding",
     .help = "Header fields that are signed and named once more than they occur, so that "
             "nobody can add one. Of those that a mail server may rightly add (Date, "
             "Message-ID, Sender, the MIME fields; To under Sendmail) only the ones that "
             "are there. From is signed always. A field is left out, and the signature "
             "holds, where nobody can tell how Sendmail will write it.",
     .example = "From To Cc Subject Reply-To Date Message-ID",
     .bounds = {.form = &header_name}},
    {.name = "sign.key.headers",
     .field = at<&SigningKey::headers>,
     .fallback = "In-Reply-To References List-Id List-Unsubscribe List-Unsubscribe-Post "
                 "List-Post List-Subscribe List-Help List-Owner List-Archive",
     .help = "Further header fields, signed as often as they occur.",
     .example = "List-Id List-Unsubscribe List-Unsubscribe-Post",
     .bounds = {.form = &header_name}},
});

constexpr auto sealing_key_rows = std::to_array<Key<SigningKey>>({
    {.name = "arc.key.domain",
     .field = at<&SigningKey::domain>,
     .help = "d= of the seal. The key of the domain of the first recipient that has one is "
             "taken, else the first.",
     .example = "example.org",
     .need = Need::required},
    {.name = "arc.key.selector",
     .field = at<&SigningKey::selector>,
     .help =
         "Selector: the public key stands at SELECTOR._domainkey.DOMAIN. It may be that "
         "of a [[sign.key]].",
     .example = "2026a",
     .need = Need::required,
     .bounds = {.form = &selector}},
    {.name = "arc.key.file",
     .field = at<&SigningKey::file>,
     .help = "Private key in PEM or in a token, as for [[sign.key]]. RSA is what receivers "
             "know.",
     .example = "/etc/milterward/keys/example.org.2026a.pem",
     .need = Need::required,
     .bounds = {.form = &key_name}},
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

constexpr auto recipient_policy_rows = std::to_array<Key<RecipientPolicy>>({
    {.name = "recipient.policy.domains",
     .field = at<&RecipientPolicy::domains>,
     .help = "Domains of recipients; \".example.org\" stands for everything below "
             "example.org, not for itself.",
     .example = "strict.example .strict.example",
     .need = Need::required},
});

constexpr auto reply_rows = std::to_array<Key<ReplyText>>({
    {.name = "reply.rule",
     .field = at<&ReplyText::rule>,
     .help = "The rule that refuses or defers, as the log names it.",
     .example = "dmarc.reject",
     .need = Need::required,
     .bounds = {.form = &reply_rule}},
    {.name = "reply.text",
     .field = at<&ReplyText::text>,
     .help = "One line of ASCII. {rule}, {client}, {helo}, {mail_from}, {recipient} (at "
             "RCPT) and {author_domain} (at the end of a message) stand for what is known; "
             "{{ for a brace. Texts of dmarc rules say DMARC (RFC 9989 section 7.2).",
     .example = "Refused by the DMARC policy of {author_domain}: https://example.org/help",
     .need = Need::required,
     .bounds = {.form = &reply_text}},
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

constexpr Repeated<ClientCertificate> certificates{
    .name = "relay.certificate",
    .after = "relay",
    .help =
        "A TLS client certificate whose holder may send to anybody without a login; mail "
        "is "
        "treated as submitted. The mail server must have verified it: Postfix by "
        "smtpd_tls_CAfile and smtpd_tls_ask_ccert = yes, Sendmail by confCACERT. These "
        "names "
        "are all a filter learns, so the mail server must trust no authority but your own, "
        "or somebody else may get the same names. Postfix tells no fingerprints: "
        "certificates it knows by relay_clientcerts need a row here too.",
    .rows = &rows_at<ClientCertificate, &Config::relay, &RelaySettings::certificates>,
    .keys = certificate_rows};

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
        "enough. The first row that fits counts. Beside these rows only "
        "arc.trusted_sealers lets such mail pass: a List-Id, a signature of any other "
        "domain or a chain of strangers is what a spammer can make for himself.",
    .rows = &rows_at<DmarcOverride, &Config::inbound, &InboundSettings::dmarc_overrides>,
    .keys = dmarc_override_rows};

constexpr Repeated<SigningKey> sealing_keys{
    .name = "arc.key",
    .after = "arc",
    .help =
        "A private key that seals. Mail is not sealed, and does not wait, while its key "
        "cannot be used.",
    .rows = &rows_at<SigningKey, &Config::arc, &ArcSettings::keys>,
    .keys = sealing_key_rows};

constexpr Repeated<RecipientPolicy> recipient_policies{
    .name = "recipient.policy",
    .after = "recipient",
    .help =
        "A policy for mail to some domains. Keys of [inbound], [spf], [dkim], [dmarc] and "
        "[iprev] that name a mode, an action or what goes with one may be said again in "
        "it, such as inbound.mode = \"monitor\" or dmarc.on_quarantine = \"reject\"; what "
        "it does not say is as for all. A message to recipients of several policies is "
        "refused or held only if all of them ask for it; otherwise it is delivered with "
        "the strictest mark, or redirected for those who would not have it where "
        "inbound.redirect_to is set.",
    .rows = &rows_at<RecipientPolicy, &Config::recipient, &RecipientSettings::policies>,
    .keys = recipient_policy_rows,
    .policy = &RecipientPolicy::inbound};

constexpr Repeated<ReplyText> replies{
    .name = "reply",
    .after = "recipient",
    .help =
        "Another text for the SMTP reply of a rule. Code and enhanced status stay. Quotas "
        "keep their own texts, which tell limit and time.",
    .rows = &rows_at<ReplyText, &Config::replies>,
    .keys = reply_rows};

}  // namespace

const Repeated<ClientCertificate>& certificate_table() noexcept { return certificates; }
const Repeated<Listener>& listener_table() noexcept { return listeners; }
const Repeated<SigningKey>& signing_key_table() noexcept { return signing_keys; }
const Repeated<DmarcOverride>& dmarc_override_table() noexcept { return dmarc_overrides; }
const Repeated<SigningKey>& sealing_key_table() noexcept { return sealing_keys; }
const Repeated<ReplyText>& reply_table() noexcept { return replies; }
const Repeated<RecipientPolicy>& recipient_policy_table() noexcept {
  return recipient_policies;
}

}  // namespace milterward::conf
