// SPDX-License-Identifier: Apache-2.0
#include "policy/inbound_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "policy/mail/address.h"

namespace milterward {
namespace {

ports::SpfQuery helo_query(const ExaminedClient& client) {
  return {ports::SpfIdentity::helo, client.address, client.helo, "postmaster", client.helo};
}

/// The null sender stands for postmaster of the HELO name (RFC 7208 section 2.4); so does a
/// sender without a domain, which names nobody either.
ports::SpfQuery mail_from_query(const ExaminedClient& client,
                                const std::string& mail_from) {
  auto sender = claimed_sender(mail_from);
  if (sender.domain_text.empty()) {
    auto query = helo_query(client);
    query.identity = ports::SpfIdentity::mail_from;
    return query;
  }
  return {ports::SpfIdentity::mail_from, client.address, client.helo,
          std::move(sender.local_part), std::move(sender.domain_text)};
}

void ask_record(ports::Resolver& dns, const std::string& domain) {
  if (const auto name = Domain::parse(domain)) dns.ask({name->name(), ports::DnsType::txt});
}

}  // namespace

std::shared_ptr<const auth::ListCheck> ask_lists(const Services& services,
                                                 const IpAddress& client) {
  const auto& inbound = services.config->inbound;
  if (!client.known() || any_contains(inbound.exempt.networks, client)) return nullptr;
  return std::make_shared<const auth::ListCheck>(
      inbound.dnsbl.lists, client, *services.dns,
      Deadline::after(*services.clock, inbound.dnsbl.timeout));
}

void ask_about_sender(ports::Resolver& dns, const ExaminedClient& client,
                      const std::string& mail_from) {
  if (!client.address.known()) return;
  ask_record(dns, mail_from_query(client, mail_from).sender_domain);
  ask_record(dns, client.helo);
}

InboundChecks::InboundChecks(const Services& services, ports::BudgetedResolver& dns,
                             ExaminedClient client, std::string mail_from,
                             const RawHeaders& headers,
                             const std::vector<Domain>& author_domains,
                             std::shared_ptr<const auth::ListCheck> lists)
    : services_(services),
      dns_(dns),
      client_(std::move(client)),
      mail_from_(std::move(mail_from)),
      lists_(lists ? std::move(lists) : ask_lists(services, client_.address)) {
  if (client_.address.known()) dns_.ask(auth::iprev_question(client_.address));
  for (const auto& domain : author_domains) {
    if (dmarc_.size() == auth::author_domain_limit) {
      unexamined_ = auth::unexamined(domain);
      break;
    }
    dmarc_.emplace_back(domain, dns_, services_.config->dmarc.discovery);
  }
  dkim_ = services_.dkim_verifier->begin(headers, dns_, *services_.clock);
  // Last: a long chain shall not use up the questions the others may ask.
  arc_.emplace(headers, dns_, *services_.clock, services_.published_keys);
}

InboundChecks::~InboundChecks() = default;

void InboundChecks::body(std::string_view chunk) {
  dkim_->body(chunk);
  arc_->body(chunk);
}

AuthResults InboundChecks::finish(Deadline deadline) {
  AuthResults results;
  if (client_.address.known()) {
    results.mail_from =
        services_.spf->check(mail_from_query(client_, mail_from_), dns_, deadline);
    results.helo = services_.spf->check(helo_query(client_), dns_, deadline);
    results.iprev = auth::check_iprev(client_.address, dns_, deadline);
  }
  if (lists_) results.lists = lists_->finish(deadline);
  results.validation = services_.config->dns.trust_anchor_file.empty()
                           ? auth::Validation::off
                           : auth::Validation::on;
  results.dkim = dkim_->finish(deadline);
  for (auto& check : dmarc_)
    results.dmarc.push_back(
        check.finish(spf_for_dmarc(results.mail_from), results.dkim, deadline));
  if (unexamined_) results.dmarc.push_back(*unexamined_);
  results.arc = arc_->finish(deadline);
  for (const auto& author : results.dmarc)
    std::ranges::move(witnesses_for(results.arc, author),
                      std::back_inserter(results.arc_witnesses));
  if (const auto question = dns_.unanswered())
    results.unanswered =
        fmt::format("{} {}", question->name, ports::to_text(question->type));
  return results;
}

std::vector<auth::ArcWitness> InboundChecks::witnesses_for(
    const auth::ArcFinding& chain, const auth::DmarcFinding& author) const {
  using auth::AlignmentMode;
  const auto& record = author.record;
  return auth::witnesses_of(chain, services_.config->arc.trusted_sealers,
                            {author.author_domain, author.organizational_domain,
                             record && record->adkim == AlignmentMode::strict,
                             record && record->aspf == AlignmentMode::strict});
}

/// SPF of an unknown client was never checked; as "none" it would let DMARC fail for
/// certain.
ports::SpfFinding InboundChecks::spf_for_dmarc(ports::SpfFinding checked) const {
  if (client_.address.known()) return checked;
  checked.result = ports::SpfResult::temperror;
  if (const auto domain = Domain::parse(mail_from_query(client_, mail_from_).sender_domain))
    checked.domain = domain->name();
  return checked;
}

}  // namespace milterward
