// SPDX-License-Identifier: Apache-2.0
#include "policy/our_domains.h"

#include <algorithm>

#include "policy/mta.h"

namespace milterward {
namespace {

bool is_ours(const Mailbox& mailbox, const conf::RelaySettings& relay) {
  return mailbox.domain && is_ours(*mailbox.domain, relay.domains);
}

std::string without_brackets(std::string_view argument) {
  if (argument.starts_with('<')) argument.remove_prefix(1);
  if (argument.ends_with('>')) argument.remove_suffix(1);
  return std::string{argument};
}

}  // namespace

bool is_ours(const Domain& domain, const std::vector<conf::DomainPattern>& ours) noexcept {
  return std::ranges::any_of(ours, [&](const conf::DomainPattern& pattern) {
    return pattern.subdomains_only
               ? domain != pattern.domain && domain.is_within(pattern.domain)
               : domain == pattern.domain;
  });
}

rules::RecipientFacts recipient_facts(const Services& services, sign::Mta mta,
                                      const rules::SenderFacts& sender,
                                      std::string_view argument, const Macros& macros) {
  const auto& relay = services.config->relay;
  rules::RecipientFacts facts;
  static_cast<rules::SenderFacts&>(facts) = sender;
  facts.recipient = without_brackets(argument);
  facts.domains_are_configured = !relay.domains.empty();
  facts.next_hop =
      next_hop_of(mta, macros.value("{rcpt_mailer}"), macros.value("{rcpt_host}"));
  const auto path = parse_path(argument);
  if (!path || path->is_null()) {
    facts.recipient_is_malformed = true;
    return facts;
  }
  const auto& mailbox = *path->mailbox;
  // Sendmail can be told to follow a source route, so it is a route like any other.
  facts.recipient_hides_route = mailbox.has_source_route || hides_route(mailbox);
  facts.recipient_has_no_domain = mailbox.domain_text.empty();
  facts.recipient_is_ours = is_ours(mailbox, relay);
  return facts;
}

}  // namespace milterward
