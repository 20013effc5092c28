// SPDX-License-Identifier: Apache-2.0
// The rules that answer a sender in words of ours, so that a configuration can name them.
// The words, codes and their reasons stand with each rule in policy/rules/; a test holds
// this list against the cases of the rules.
#pragma once

#include <array>
#include <string_view>

namespace milterward {

inline constexpr auto reply_rules = std::to_array<std::string_view>({
    "listener.upstream",
    "listener.login_required",
    "relay.malformed",
    "relay.hidden_route",
    "relay.no_list",
    "relay.contradiction",
    "relay.denied",
    "recipient.too_many",
    "recipient.other_policy",
    "header.too_large",
    "identity.mail_from",
    "identity.author",
    "identity.unreadable",
    "identity.unknown",
    "inbound.our_domain",
    "inbound.our_domain_open",
    "inbound.directory_silent",
    "inbound.exemption_open",
    "from.missing",
    "from.several",
    "from.malformed",
    "from.several_domains",
    "from.too_many_domains",
    "from.no_author",
    "from.irregular",
    "dmarc.none",
    "dmarc.quarantine",
    "dmarc.reject",
    "dmarc.reject_as_quarantine",
    "dmarc.override",
    "dmarc.trusted_sealer",
    "dmarc.override_open",
    "dmarc.temperror",
    "dmarc.permerror",
    "dkim.none",
    "dkim.fail",
    "dkim.policy",
    "dkim.neutral",
    "dkim.temperror",
    "dkim.permerror",
    "spf.none",
    "spf.neutral",
    "spf.softfail",
    "spf.fail",
    "spf.temperror",
    "spf.permerror",
    "spf_helo.none",
    "spf_helo.neutral",
    "spf_helo.softfail",
    "spf_helo.fail",
    "spf_helo.temperror",
    "spf_helo.permerror",
    "iprev.fail",
    "iprev.permerror",
    "iprev.temperror",
    "helo.ours",
    "helo.bare_address",
    "helo.other_address",
    "helo.not_qualified",
    "dnsbl.listed",
    "dnsbl.badly_listed",
    "sign.key_unusable",
    "quota.store_unavailable",
    "sign.keys_not_known",
    "sign.not_known",
    "preflight.no_message_id",
    "preflight.malformed_message_id",
    "preflight.no_date",
    "preflight.malformed_date",
    "preflight.doubled_field",
    "preflight.long_line",
    "preflight.unaligned",
    "preflight.unsigned_bulk",
    "preflight.no_unsubscribe",
    "preflight.unsubscribe_unsigned",
    "preflight.spf",
    "preflight.no_ptr",
    "preflight.no_dmarc",
});

/// What {NAME} may stand for in a reply.
inline constexpr auto reply_placeholders = std::to_array<std::string_view>(
    {"rule", "client", "helo", "mail_from", "recipient", "author_domain"});

}  // namespace milterward
