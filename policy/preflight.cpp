// SPDX-License-Identifier: Apache-2.0
#include "policy/preflight.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/auth/dmarc/public_suffix.h"
#include "policy/auth/iprev/iprev.h"
#include "policy/mail/address.h"
#include "policy/mail/date_time.h"
#include "policy/sign/signed_fields.h"

namespace milterward {
namespace {

using rules::Preflight;

/// By the public suffix list, which costs no question: relaxed alignment (RFC 9989 section
/// 4.4.1), as most domains ask for.
bool are_aligned(const Domain& one, const Domain& other) {
  return one == other || auth::organizational_domain_by_list(one) ==
                             auth::organizational_domain_by_list(other);
}

bool is_aligned(std::string_view domain, const Domain& author) {
  const auto parsed = Domain::parse(domain);
  return parsed && are_aligned(*parsed, author);
}

std::optional<Domain> only_author(const rules::MessageFacts& facts) {
  if (facts.author_domains.size() != 1) return std::nullopt;
  const auto domain = Domain::parse(facts.author_domains.front());
  return domain ? std::optional{*domain} : std::nullopt;
}

}  // namespace

PreflightCheck::PreflightCheck(const Services& services, ports::Resolver& dns,
                               sign::Mta mta, const RawHeaders& headers,
                               const rules::MessageFacts& facts)
    : services_(services), dns_(dns), header_(look_over(headers)) {
  // Sendmail adds them itself, behind the filter.
  if (mta == sign::Mta::sendmail)
    std::erase_if(header_.findings, [](const rules::PreflightFact& fact) {
      return fact.kind == Preflight::no_message_id || fact.kind == Preflight::no_date;
    });
  const auto& egress = services.config->preflight.egress;
  if (egress.empty()) return;
  for (const auto& address : egress) dns.ask(auth::iprev_question(address.address()));
  const auto sender = claimed_sender(facts.mail_from).domain_text;
  if (const auto domain = Domain::parse(sender))
    dns.ask({domain->name(), ports::DnsType::txt});
  if (const auto author = only_author(facts)) {
    policy_.emplace(dns, services.config->dmarc.discovery);
    policy_->ask_walk(*author);
  }
}

void PreflightCheck::note(rules::MessageFacts& facts, const std::vector<Signer>& ours,
                          Deadline deadline) {
  facts.is_preflighted = true;
  facts.preflight = header_.findings;
  facts.bulk_field = header_.bulk_field;
  facts.unsubscription = header_.unsubscription;
  if (lines_.has_overlong_line()) facts.preflight.push_back({Preflight::long_line, "body"});
  auto signers = header_.signers;
  signers.insert(signers.end(), ours.begin(), ours.end());
  note_alignment(facts, std::move(signers));
  if (!services_.config->preflight.egress.empty()) note_egress(facts, deadline);
}

/// Of several authors none is vouched for alone, and without one there is nothing to align
/// with.
void PreflightCheck::note_alignment(rules::MessageFacts& facts,
                                    std::vector<Signer> signers) const {
  const auto author = only_author(facts);
  if (author) {
    std::erase_if(signers,
                  [&](const Signer& one) { return !is_aligned(one.domain, *author); });
    facts.signature_is_aligned = !signers.empty();
    facts.mail_from_is_aligned =
        is_aligned(claimed_sender(facts.mail_from).domain_text, *author);
  }
  const bool is_covered = std::ranges::any_of(signers, &Signer::covers_unsubscribe);
  if (facts.unsubscription == rules::Unsubscription::one_click && !is_covered)
    facts.unsubscription = rules::Unsubscription::not_signed;
}

void PreflightCheck::note_egress(rules::MessageFacts& facts, Deadline deadline) {
  const auto sender = claimed_sender(facts.mail_from);
  for (const auto& network : services_.config->preflight.egress) {
    const auto& address = network.address();
    const auto name = auth::check_iprev(address, dns_, deadline).result;
    if (name == auth::IprevResult::fail || name == auth::IprevResult::permerror)
      facts.preflight.push_back({Preflight::no_ptr, address.text()});
    if (sender.domain_text.empty()) continue;
    const auto spf =
        services_.spf->check({ports::SpfIdentity::mail_from, address, services_.authserv_id,
                              sender.local_part, sender.domain_text},
                             dns_, deadline);
    if (spf.result != ports::SpfResult::pass && spf.result != ports::SpfResult::temperror)
      facts.preflight.push_back({Preflight::spf, fmt::format("{} {}", address.text(),
                                                             ports::to_text(spf.result))});
  }
  const auto author = only_author(facts);
  if (!policy_ || !author) return;
  const auto walk = policy_->walk(*author, deadline);
  const auto organization = policy_->organization_of(walk);
  facts.dmarc_is_missing =
      organization.domain && auth::policy_step(walk, *organization.domain) == nullptr;
}

Signer signer_of(const ports::SigningRequest& request) {
  const auto covers = [&](std::string_view name) {
    return sign::lists_name(request.oversigned, name) ||
           sign::lists_name(request.signed_if_there, name);
  };
  return {request.domain.name(),
          covers("List-Unsubscribe") && covers("List-Unsubscribe-Post")};
}

RawHeaders missing_fields(const RawHeaders& headers,
                          const conf::PreflightSettings& settings, std::string_view id,
                          std::string_view host, WallTime today) {
  RawHeaders missing;
  if (settings.add_message_id && fields_named(headers, "Message-ID").empty())
    missing.push_back({"Message-ID", fmt::format(" <{}@{}>", id, host)});
  if (settings.add_date && fields_named(headers, "Date").empty())
    missing.push_back({"Date", " " + date_time_of(today)});
  return missing;
}

}  // namespace milterward
