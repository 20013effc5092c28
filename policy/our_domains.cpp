// SPDX-License-Identifier: Apache-2.0
#include "policy/our_domains.h"

#include "policy/mail/address.h"
#include "policy/mta.h"
#include "policy/rules/audience.h"

namespace milterward {
namespace {

std::string bare_address(std::string_view argument) {
  if (argument.starts_with('<')) argument.remove_prefix(1);
  if (argument.ends_with('>')) argument.remove_suffix(1);
  return std::string{argument};
}

}  // namespace

rules::RecipientFacts recipient_facts(const Services& services, sign::Mta mta,
                                      const rules::SenderFacts& sender,
                                      std::string_view argument, const Macros& macros) {
  rules::RecipientFacts facts;
  static_cast<rules::SenderFacts&>(facts) = sender;
  facts.recipient = bare_address(argument);
  facts.domains_are_configured = services.directory->knows_domains();
  facts.next_hop =
      next_hop_of(mta, macros.value("{rcpt_mailer}"), macros.value("{rcpt_host}"));
  const auto path = parse_path(argument);
  if (!path || path->is_null()) {
    facts.recipient_is_malformed = true;
    return facts;
  }
  const auto& mailbox = *path->mailbox;
  facts.recipient_policy = rules::policy_of(mailbox, *services.config);
  // Sendmail can be told to follow a source route, so it is a route like any other.
  facts.recipient_hides_route = mailbox.has_source_route || hides_route(mailbox);
  facts.recipient_has_no_domain = mailbox.domain_text.empty();
  if (!mailbox.domain) return facts;
  const auto ours = services.directory->is_ours(
      *mailbox.domain,
      Deadline::after(*services.clock, services.config->dns.message_deadline));
  facts.recipient_is_ours = ours.value_or(false);
  facts.directory_is_silent = !ours;
  return facts;
}

}  // namespace milterward
