// SPDX-License-Identifier: Apache-2.0
#include "policy/noting.h"

#include "policy/auth/arc/origin.h"
#include "policy/base/unreachable.h"

namespace milterward {
namespace {

using rules::FromState;

FromState from_state(AuthorFault::Kind kind) {
  switch (kind) {
    case AuthorFault::Kind::no_from:
      return FromState::no_from;
    case AuthorFault::Kind::several_from:
      return FromState::several_from;
    case AuthorFault::Kind::malformed:
      return FromState::malformed;
    case AuthorFault::Kind::no_author:
      return FromState::no_author;
  }
  unreachable();
}

void note_arc(rules::MessageFacts& facts, const AuthResults& results,
              const conf::Config& config) {
  facts.arc = results.arc.result;
  for (const auto& set : results.arc.sets)
    facts.arc_seals.push_back({set.domain, set.selector});
  facts.arc_origin = auth::origin_of(results.arc);
  facts.arc_witnesses = results.arc_witnesses;
  facts.arc_is_unfinished =
      results.arc.is_for_want_of_dns &&
      auth::is_trusted_sealer(results.arc.newest_sealer, config.arc.trusted_sealers);
}

void note_dmarc(rules::MessageFacts& facts, const AuthResults& results) {
  const auto* finding = auth::strictest(results.dmarc);
  if (finding == nullptr) {
    facts.dmarc = auth::DmarcResult::permerror;
    return;
  }
  facts.dmarc = finding->result;
  facts.dmarc_policy = finding->policy;
  facts.dmarc_published = finding->published;
  facts.dmarc_domain = finding->author_domain.name();
  facts.dmarc_organization = finding->organizational_domain.name();
}

}  // namespace

void note_from(rules::MessageFacts& facts, const Result<Authors, AuthorFault>& authors) {
  if (!authors) {
    facts.from = from_state(authors.fault().kind);
    return;
  }
  facts.from_is_irregular = !are_by_grammar(*authors);
  for (const auto& domain : domains_of(*authors))
    facts.author_domains.push_back(domain.name());
  const auto count = facts.author_domains.size();
  facts.from = count == 1                           ? FromState::one_domain
               : count <= auth::author_domain_limit ? FromState::several_domains
                                                    : FromState::too_many_domains;
}

void note_results(rules::MessageFacts& facts, const AuthResults& results,
                  const ExaminedClient& client, const conf::Config& config) {
  if (facts.client_is_upstream) facts.examined_client = client.address;
  if (client.address.known()) {
    facts.iprev = results.iprev.result;
    facts.iprev_name = results.iprev.name;
  }
  facts.listings = results.lists.listings;
  facts.list_faults = results.lists.faulty;
  facts.dns_unanswered = results.unanswered;
  facts.spf = results.mail_from.result;
  facts.spf_domain = results.mail_from.domain;
  facts.helo_spf = results.helo.result;
  facts.spf_was_not_checked = !client.address.known();
  facts.spf_is_exempt = any_contains(config.inbound.spf_exempt, client.address);
  for (const auto& found : results.dkim)
    facts.dkim.push_back({found.result, found.domain, found.selector, found.algorithm});
  note_arc(facts, results, config);
  note_dmarc(facts, results);
}

}  // namespace milterward
