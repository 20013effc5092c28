// SPDX-License-Identifier: Apache-2.0
// The rows of policy for inbound mail: [inbound], [spf], [dkim], [dmarc], [iprev], [helo],
// [exempt]. No finding about a sender refuses mail on its own, unless the owner of the
// author's domain asks for it and another finding agrees.
#include <array>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <variant>

#include "conf/keys.h"

namespace milterward::conf {
namespace {

constexpr auto inbound_rows = std::to_array<Key<Config>>({
    // inbound
    {.name = "inbound.mode",
     .field = at<&Config::inbound, &InboundSettings::mode>,
     .fallback = "monitor",
     .help = "\"monitor\" decides and logs, \"enforce\" also acts. The "
             "Authentication-Results field is written, and forged ones are removed, in "
             "both."},
    {.name = "inbound.quarantine",
     .field = at<&Config::inbound, &InboundSettings::quarantine>,
     .fallback = "header",
     .help = "What the action \"quarantine\" does: \"header\" delivers with a field "
             "Milterward-Verdict "
             "for the delivery agent to sort by, \"hold\" uses the mail server's own "
             "quarantine, where mail stays until somebody releases it."},
    {.name = "inbound.subject_tag",
     .field = at<&Config::inbound, &InboundSettings::subject_tag>,
     .fallback = "[suspicious]",
     .help = "What the action \"subject\" puts before the subject. Signatures that cover "
             "the subject no longer verify afterwards.",
     .bounds = {.form = &subject_tag}},
    {.name = "inbound.redirect_to",
     .field = at<&Config::inbound, &InboundSettings::redirect_to>,
     .help = "The mailbox that the action \"redirect\" delivers to; it must exist. The log "
             "names the recipients.",
     .example = "quarantine@example.org",
     .bounds = {.form = &address_or_none}},
    {.name = "inbound.no_from",
     .field = at<&Config::inbound, &InboundSettings::from, &FromActions::missing>,
     .fallback = "reject",
     .help = "A message without a From field (RFC 5322 section 3.6)."},
    {.name = "inbound.several_from",
     .field = at<&Config::inbound, &InboundSettings::from, &FromActions::several>,
     .fallback = "reject",
     .help = "A message with several From fields: readers differ in which they show."},
    {.name = "inbound.malformed_from",
     .field = at<&Config::inbound, &InboundSettings::from, &FromActions::malformed>,
     .fallback = "reject",
     .help = "A From field that cannot be read, or not in one way only."},
    {.name = "inbound.several_domains",
     .field = at<&Config::inbound, &InboundSettings::from, &FromActions::several_domains>,
     .fallback = "accept",
     .help = "A From field with authors of two to four domains. DMARC is evaluated for "
             "each, and the strictest policy of those that fail applies, whatever this key "
             "says."},
    {.name = "inbound.too_many_domains",
     .field = at<&Config::inbound, &InboundSettings::from, &FromActions::too_many_domains>,
     .fallback = "reject",
     .help = "A From field with authors of more domains: DMARC is evaluated for the first "
             "four only."},
    {.name = "inbound.no_author",
     .field = at<&Config::inbound, &InboundSettings::from, &FromActions::no_author>,
     .fallback = "tag",
     .help = "A From field that is a group without members, such as \"undisclosed:;\" (RFC "
             "6854): there is no author domain to evaluate."},
    {.name = "inbound.on_our_domain",
     .field = at<&Config::inbound, &InboundSettings::our_domain>,
     .fallback = "accept",
     .help =
         "A stranger's message that names a domain of ours in From, and neither passes "
         "DMARC nor carries a passing DKIM signature or SPF result of that domain. "
         "\"accept\" leaves it to DMARC. Mailing lists bring such mail of our own users "
         "back, and so does a domain in relay.domains that sends from elsewhere."},
    {.name = "inbound.irregular_from",
     .field = at<&Config::inbound, &InboundSettings::from, &FromActions::irregular>,
     .fallback = "accept",
     .help =
         "A From field that does not follow the grammar of RFC 5322, as careless programs "
         "write it, or with a further address in a comment or a route. Every domain a "
         "reader may see in it has to pass DMARC, whatever this key says."},

    // spf
    {.name = "spf.engine",
     .field = at<&Config::spf, &SpfSettings::engine>,
     .fallback = "native",
     .help = "Which engine evaluates SPF records."},
    {.name = "spf.exempt",
     .field = at<&Config::inbound, &InboundSettings::spf_exempt>,
     .help = "Clients, as networks or addresses, whose SPF findings lead to nothing, such "
             "as a forwarder your users chose. Results are recorded and count for DMARC "
             "all the same. For mail of a host in relay.upstream the client is the one "
             "that its Received line names.",
     .example = "192.0.2.25 2001:db8:25::/48"},
    {.name = "spf.received_spf",
     .field = at<&Config::spf, &SpfSettings::received_spf>,
     .fallback = "false",
     .help = "Add a Received-SPF field (RFC 7208 section 9.1) for each identity, for "
             "filters that read no Authentication-Results. Those that arrive with a "
             "message stay: other hosts may have written them, and none tells for whom "
             "it was meant. Trust only the topmost two."},
    {.name = "spf.on_none",
     .field = at<&Config::inbound, &InboundSettings::spf, &SpfActions::none>,
     .fallback = "accept",
     .help = "The domain of MAIL FROM publishes no SPF record."},
    {.name = "spf.on_neutral",
     .field = at<&Config::inbound, &InboundSettings::spf, &SpfActions::neutral>,
     .fallback = "accept",
     .help = "Its record makes no statement about the client."},
    {.name = "spf.on_softfail",
     .field = at<&Config::inbound, &InboundSettings::spf, &SpfActions::softfail>,
     .fallback = "accept",
     .help = "Its record says that the client is probably not authorised."},
    {.name = "spf.on_fail",
     .field = at<&Config::inbound, &InboundSettings::spf, &SpfActions::fail>,
     .fallback = "accept",
     .help = "Its record says that the client is not authorised. Forwarded mail fails SPF "
             "too."},
    {.name = "spf.on_temperror",
     .field = at<&Config::inbound, &InboundSettings::spf, &SpfActions::temperror>,
     .fallback = "accept",
     .help = "DNS did not answer. \"reject\" defers too."},
    {.name = "spf.on_permerror",
     .field = at<&Config::inbound, &InboundSettings::spf, &SpfActions::permerror>,
     .fallback = "accept",
     .help = "Its record cannot be evaluated."},
    {.name = "spf.on_helo_none",
     .field = at<&Config::inbound, &InboundSettings::helo, &SpfActions::none>,
     .fallback = "accept",
     .help = "The name given in HELO publishes no SPF record."},
    {.name = "spf.on_helo_neutral",
     .field = at<&Config::inbound, &InboundSettings::helo, &SpfActions::neutral>,
     .fallback = "accept",
     .help = "The record of the HELO name makes no statement about the client."},
    {.name = "spf.on_helo_softfail",
     .field = at<&Config::inbound, &InboundSettings::helo, &SpfActions::softfail>,
     .fallback = "accept",
     .help = "The record of the HELO name says that the client is probably not "
             "authorised."},
    {.name = "spf.on_helo_fail",
     .field = at<&Config::inbound, &InboundSettings::helo, &SpfActions::fail>,
     .fallback = "accept",
     .help = "The record of the HELO name says that the client is not authorised."},
    {.name = "spf.on_helo_temperror",
     .field = at<&Config::inbound, &InboundSettings::helo, &SpfActions::temperror>,
     .fallback = "accept",
     .help = "DNS did not answer the question about the HELO name. \"reject\" defers too."},
    {.name = "spf.on_helo_permerror",
     .field = at<&Config::inbound, &InboundSettings::helo, &SpfActions::permerror>,
     .fallback = "accept",
     .help = "The record of the HELO name cannot be evaluated."},

    // dkim
    {.name = "dkim.engine",
     .field = at<&Config::dkim, &DkimSettings::engine>,
     .fallback = "native",
     .help = "Which engine verifies and makes signatures."},
    {.name = "dkim.body_length",
     .field = at<&Config::dkim, &DkimSettings::body_length>,
     .fallback = "whole",
     .help = "What a signature is worth that covers only so many octets of the body (l=). "
             "\"whole\": it passes when these are the whole body; else anybody may have "
             "added what the reader sees, and the result is policy. \"never\": it is "
             "policy in any case. \"part\": it passes whatever follows, as RFC 6376 "
             "section 3.5 has it."},
    {.name = "dkim.on_none",
     .field = at<&Config::inbound, &InboundSettings::dkim, &DkimActions::none>,
     .fallback = "accept",
     .help = "The message carries no signature."},
    {.name = "dkim.on_fail",
     .field = at<&Config::inbound, &InboundSettings::dkim, &DkimActions::fail>,
     .fallback = "accept",
     .help = "No signature passes and one does not match. Mailing lists break signatures; "
             "RFC 6376 section 6.3 advises against refusing for this alone."},
    {.name = "dkim.on_policy",
     .field = at<&Config::inbound, &InboundSettings::dkim, &DkimActions::policy>,
     .fallback = "accept",
     .help = "A signature is right but not acceptable here, for example with a key that "
             "is too short."},
    {.name = "dkim.on_neutral",
     .field = at<&Config::inbound, &InboundSettings::dkim, &DkimActions::neutral>,
     .fallback = "accept",
     .help = "A signature cannot be read."},
    {.name = "dkim.on_temperror",
     .field = at<&Config::inbound, &InboundSettings::dkim, &DkimActions::temperror>,
     .fallback = "accept",
     .help = "DNS did not give the key. \"reject\" defers too."},
    {.name = "dkim.on_permerror",
     .field = at<&Config::inbound, &InboundSettings::dkim, &DkimActions::permerror>,
     .fallback = "accept",
     .help = "There is no such key, or it is malformed."},

    // dmarc
    {.name = "dmarc.discovery",
     .field = at<&Config::dmarc, &DmarcSettings::discovery>,
     .fallback = "treewalk",
     .help =
         "How the domains that belong together are found: \"treewalk\" asks DNS parent by "
         "parent (RFC 9989 section 4.10), \"psl\" uses the public suffix list of RFC "
         "7489."},
    {.name = "dmarc.on_none",
     .field = at<&Config::inbound, &InboundSettings::dmarc, &DmarcActions::none>,
     .fallback = "accept",
     .help = "DMARC fails; the domain of From publishes p=none."},
    {.name = "dmarc.on_quarantine",
     .field = at<&Config::inbound, &InboundSettings::dmarc, &DmarcActions::quarantine>,
     .fallback = "quarantine",
     .help = "DMARC fails; the domain of From publishes p=quarantine."},
    {.name = "dmarc.on_reject",
     .field = at<&Config::inbound, &InboundSettings::dmarc, &DmarcActions::reject>,
     .fallback = "reject",
     .help = "DMARC fails, the domain of From publishes p=reject, and dmarc.reject lets "
             "that count."},
    {.name = "dmarc.reject",
     .field = at<&Config::inbound, &InboundSettings::dmarc_reject>,
     .fallback = "corroborated",
     .help =
         "When p=reject leads to dmarc.on_reject; otherwise dmarc.on_quarantine is taken, "
         "as RFC 9989 section 7.4 demands. \"corroborated\": when SPF, DKIM and the "
         "client's name have been answered and a second finding speaks against the "
         "message: "
         "SPF fails and the author's domain signed nothing; the client's address has no "
         "name that leads back to it, or is listed ([dnsbl]); or the author is of "
         "relay.domains, from outside and unsigned. \"quarantine\": never. \"always\": at "
         "once, against that section: mail "
         "through lists and forwarders is lost, and lists drop subscribers whose host "
         "refuses."},
    {.name = "dmarc.on_temperror",
     .field = at<&Config::inbound, &InboundSettings::dmarc, &DmarcActions::temperror>,
     .fallback = "accept",
     .help = "A DNS error hides the policy, or a result that could have passed. \"reject\" "
             "defers too."},
    {.name = "dmarc.on_permerror",
     .field = at<&Config::inbound, &InboundSettings::dmarc, &DmarcActions::permerror>,
     .fallback = "accept",
     .help = "The policy record cannot be read."},

    // iprev
    {.name = "iprev.on_fail",
     .field = at<&Config::inbound, &InboundSettings::iprev, &IprevActions::fail>,
     .fallback = "accept",
     .help = "The address has a name that leads elsewhere, or nowhere."},
    {.name = "iprev.on_permerror",
     .field = at<&Config::inbound, &InboundSettings::iprev, &IprevActions::permerror>,
     .fallback = "accept",
     .help = "The address has no name."},
    {.name = "iprev.on_temperror",
     .field = at<&Config::inbound, &InboundSettings::iprev, &IprevActions::temperror>,
     .fallback = "accept",
     .help = "DNS did not answer. \"reject\" defers too."},

    // helo
    {.name = "helo.on_ours",
     .field = at<&Config::inbound, &InboundSettings::helo_name, &HeloActions::ours>,
     .fallback = "accept",
     .help = "It is the name or an address of this mail server (authres.authserv_id, and "
             "what the mail server calls itself), and the client is somebody else."},
    {.name = "helo.on_bare_address",
     .field = at<&Config::inbound, &InboundSettings::helo_name, &HeloActions::bare_address>,
     .fallback = "accept",
     .help = "It is an address without brackets (RFC 5321 section 4.1.3)."},
    {.name = "helo.on_other_address",
     .field =
         at<&Config::inbound, &InboundSettings::helo_name, &HeloActions::other_address>,
     .fallback = "accept",
     .help = "It is an address literal, and not of the client's address. Hosts behind "
             "address translation say what they know of themselves."},
    {.name = "helo.on_not_qualified",
     .field =
         at<&Config::inbound, &InboundSettings::helo_name, &HeloActions::not_qualified>,
     .fallback = "accept",
     .help = "It is no fully qualified name, such as \"localhost\", or nothing a name can "
             "be."},

    // exempt
    {.name = "exempt.networks",
     .field = at<&Config::inbound, &InboundSettings::exempt, &Exemptions::networks>,
     .help = "Clients, as networks or addresses.",
     .example = "192.0.2.25 2001:db8:25::/48"},
    {.name = "exempt.hosts",
     .field = at<&Config::inbound, &InboundSettings::exempt, &Exemptions::hosts>,
     .help = "Clients by a name that leads back to their address; \".example.org\" stands "
             "for all names below example.org.",
     .example = "mx.partner.example .partner.example"},
    {.name = "exempt.recipients",
     .field = at<&Config::inbound, &InboundSettings::exempt, &Exemptions::recipients>,
     .fallback = "postmaster abuse",
     .help =
         "Recipients who get their mail, whatever is found; it is marked at most. Local "
         "parts in any domain, and addresses. A message for others as well is not "
         "refused either, but marked, unless recipient.split is set.",
     .bounds = {.form = &local_part_or_address}},

    // recipient
    {.name = "recipient.split",
     .field = at<&Config::recipient, &RecipientSettings::split>,
     .fallback = "false",
     .help = "Answer 452 4.5.3 to recipients whose policy is not that of the first one of "
             "the message, so that the client sends to them separately and each policy has "
             "its full effect. Ordinary clients do so within minutes."},
});

}  // namespace

std::span<const Key<Config>> inbound_keys() noexcept { return inbound_rows; }

bool is_policy_of_recipients(const Key<Config>& key) noexcept {
  Config scratch;
  const auto* begin = reinterpret_cast<const std::byte*>(&scratch.inbound);
  const auto is_within = [begin](const void* place) {
    const std::less<const std::byte*> less;
    const auto* at = static_cast<const std::byte*>(place);
    return !less(at, begin) && less(at, begin + sizeof(InboundSettings));
  };
  // How long lists are waited for concerns the client alone.
  return key.table() != "exempt" && key.name != "dnsbl.timeout" &&
         std::visit(
             [&](auto place) {
               if constexpr (std::is_pointer_v<decltype(place)>)
                 return is_within(place);
               else
                 return is_within(place.bits);
             },
             key.field(scratch));
}

}  // namespace milterward::conf
