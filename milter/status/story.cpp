// SPDX-License-Identifier: Apache-2.0
#include "milter/status/story.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conf/quota_limit.h"
#include "policy/base/unreachable.h"
#include "policy/rules/direction.h"
#include "policy/rules/facts_text.h"
#include "policy/rules/quota_text.h"

namespace milterward::status {
namespace {

using auth::DmarcResult;
using auth::HeloState;
using auth::IprevResult;
using ports::DkimResult;
using ports::JournalEntry;
using ports::SpfResult;
using Sentences = std::vector<std::string>;

constexpr std::pair<std::string_view, std::string_view> senders[] = {
    {"direction.not_smtp", "It was handed in on this host, not by SMTP"},
    {"direction.upstream", "A mail server of ours that stands in front handed it on"},
    {"direction.login", "A user of ours who logged in sent it"},
    {"direction.trusted_network", "A client in a network we trust sent it"},
    {"direction.certificate", "A client with a certificate we know sent it"},
    {"direction.stranger", "A stranger sent it"},
    {"direction.returned", "Mail that came in before was brought back"},
};

std::string who(const JournalEntry& entry, const rules::SenderFacts& facts) {
  const auto* const found =
      std::ranges::find(senders, entry.reason, [](const auto& row) { return row.first; });
  std::string text{found == std::end(senders) ? "It was sent" : found->second};
  if (!facts.login.empty()) text += fmt::format(", as {}", facts.login);
  if (facts.client.known()) text += fmt::format(", from {}", facts.client.text());
  if (!facts.client_name.empty()) text += fmt::format(" ({})", facts.client_name);
  if (!facts.helo.empty()) text += fmt::format(", which calls itself {}", facts.helo);
  return text + ".";
}

std::string from_whom(const rules::SenderFacts& facts) {
  return facts.mail_from.empty()
             ? "The envelope names no sender, as notices do"
             : fmt::format("The envelope says it is from {}", facts.mail_from);
}

std::string_view about_helo(HeloState state) {
  switch (state) {
    case HeloState::unremarkable:
      return "";
    case HeloState::ours:
      return "In HELO it claims a name of ours.";
    case HeloState::bare_address:
      return "In HELO it gives an address without brackets, which is no name.";
    case HeloState::other_address:
      return "In HELO it gives an address that is not its own.";
    case HeloState::not_qualified:
      return "In HELO it gives no full name of a host.";
  }
  unreachable();
}

std::string_view about_iprev(IprevResult result) {
  switch (result) {
    case IprevResult::pass:
      return "Its address has a name that leads back to it.";
    case IprevResult::fail:
      return "The name of its address leads elsewhere.";
    case IprevResult::temperror:
      return "DNS did not answer for the name of its address.";
    case IprevResult::permerror:
      return "Its address has no name.";
  }
  unreachable();
}

/// Behind "SPF: ", about a domain.
std::string_view about_spf(SpfResult result) {
  switch (result) {
    case SpfResult::none:
      return "{} says nothing of who may send for it.";
    case SpfResult::neutral:
      return "{} neither vouches for this client nor disowns it (neutral).";
    case SpfResult::pass:
      return "{} lets this client send for it (pass).";
    case SpfResult::fail:
      return "{} says that this client may not send for it (fail).";
    case SpfResult::softfail:
      return "{} says that this client probably may not send for it (softfail).";
    case SpfResult::temperror:
      return "DNS did not answer for {} (temperror).";
    case SpfResult::permerror:
      return "the record of {} cannot be used (permerror).";
  }
  unreachable();
}

std::string about_dkim(const rules::DkimFact& fact) {
  const auto whose = fmt::format("the signature of {} (selector {})", fact.domain,
                                 fact.selector.empty() ? "none" : fact.selector);
  switch (fact.result) {
    case DkimResult::none:
      return "DKIM: there is no signature.";
    case DkimResult::pass:
      return fmt::format("DKIM: {} holds (pass).", whose);
    case DkimResult::fail:
      return fmt::format(
          "DKIM: {} does not hold: the message was changed, or it is forged (fail).",
          whose);
    case DkimResult::policy:
      return fmt::format("DKIM: {} is not one we accept (policy).", whose);
    case DkimResult::neutral:
      return fmt::format("DKIM: {} cannot be read (neutral).", whose);
    case DkimResult::temperror:
      return fmt::format("DKIM: DNS did not give the key for {} (temperror).", whose);
    case DkimResult::permerror:
      return fmt::format("DKIM: {} cannot be checked (permerror).", whose);
  }
  unreachable();
}

std::string about_dmarc(const rules::MessageFacts& facts) {
  const auto domain =
      facts.dmarc_domain.empty() ? "the author's domain" : facts.dmarc_domain;
  switch (facts.dmarc) {
    case DmarcResult::none:
      return fmt::format("DMARC: {} has no policy.", domain);
    case DmarcResult::pass:
      return fmt::format("DMARC: it is proven to come from {} (pass).", domain);
    case DmarcResult::fail:
      return fmt::format(
          "DMARC: nothing proves that it comes from {} (fail), which asks for {}.", domain,
          facts.dmarc_policy == auth::DmarcPolicy::none ? "nothing in that case"
                                                        : to_text(facts.dmarc_policy));
    case DmarcResult::temperror:
      return fmt::format("DMARC: DNS did not answer for {} (temperror).", domain);
    case DmarcResult::permerror:
      return "DMARC: it cannot be told whose domain would have to answer for it "
             "(permerror).";
  }
  unreachable();
}

std::string_view about_from(rules::FromState state) {
  using rules::FromState;
  switch (state) {
    case FromState::one_domain:
      return "";
    case FromState::several_domains:
      return "The From field names authors of several domains.";
    case FromState::too_many_domains:
      return "The From field names authors of too many domains.";
    case FromState::no_from:
      return "There is no From field.";
    case FromState::several_from:
      return "There are several From fields.";
    case FromState::malformed:
      return "The From field cannot be read.";
    case FromState::no_author:
      return "The From field names nobody.";
  }
  unreachable();
}

std::string_view about_signing(rules::SigningState state) {
  using rules::SigningState;
  switch (state) {
    case SigningState::not_asked:
    case SigningState::ready:
      return "";
    case SigningState::no_key:
      return "It is not signed: there is no key for the author's domain.";
    case SigningState::key_unusable:
      return "It cannot be signed: a key of the author's domain cannot be used.";
    case SigningState::not_entitled:
      return "It is not signed: who sent it may not write as that domain.";
    case SigningState::not_known:
      return "It is not signed: the directory did not say whether its sender may write as "
             "that domain.";
    case SigningState::keys_not_known:
      return "It is not signed: the directory or database of keys did not answer.";
    case SigningState::no_author:
      return "It is not signed: its author is not clear.";
  }
  unreachable();
}

void add(Sentences& sentences, std::string_view sentence) {
  if (!sentence.empty()) sentences.emplace_back(sentence);
}

void add_quotas(Sentences& sentences, const std::vector<rules::QuotaFact>& quotas,
                bool store_is_unavailable) {
  for (const auto& quota : quotas)
    if (!quota.fits)
      sentences.push_back(fmt::format("The {} {} has no room left: {} of {} {}/{} used.",
                                      rules::to_text(quota.scope), quota.subject,
                                      quota.used, quota.limit, conf::to_text(quota.measure),
                                      quota.period));
  if (store_is_unavailable)
    add(sentences, "The store of counts did not answer, so it could not be counted.");
}

void add_results(Sentences& sentences, const rules::MessageFacts& facts) {
  if (facts.iprev) add(sentences, about_iprev(*facts.iprev));
  for (const auto& listing : facts.listings)
    sentences.push_back(fmt::format("The list {} knows its address ({}).", listing.list,
                                    listing.code.text()));
  if (facts.spf_was_not_checked)
    add(sentences, "SPF: the server in front did not say who the client was.");
  else
    sentences.push_back(
        "SPF: " + fmt::format(fmt::runtime(about_spf(facts.spf)),
                              facts.spf_domain.empty() ? "the sender" : facts.spf_domain));
  if (facts.dkim.empty()) add(sentences, "DKIM: there is no signature.");
  for (const auto& fact : facts.dkim) sentences.push_back(about_dkim(fact));
  if (facts.arc == auth::ArcResult::pass && !facts.arc_seals.empty())
    sentences.push_back(
        fmt::format("ARC: the chain of those who forwarded it holds; {} was "
                    "the last.",
                    facts.arc_seals.back().domain));
  if (facts.arc == auth::ArcResult::fail)
    add(sentences, "ARC: the chain of those who forwarded it is broken.");
  for (const auto& witness : facts.arc_witnesses)
    sentences.push_back(fmt::format("{}, whom we trust, saw {} pass for {}.",
                                    witness.sealer, to_text(witness.proof),
                                    witness.author_domain));
  sentences.push_back(about_dmarc(facts));
  if (!facts.dns_unanswered.empty())
    sentences.push_back(fmt::format("DNS left a question open: {}.", facts.dns_unanswered));
}

Sentences sentences_of(const JournalEntry& entry, const rules::SenderFacts& facts) {
  Sentences sentences{who(entry, facts), from_whom(facts) + "."};
  add(sentences, about_helo(facts.helo_state));
  return sentences;
}

Sentences sentences_of(const JournalEntry& entry, const rules::RecipientFacts& facts) {
  Sentences sentences{who(entry, facts),
                      fmt::format("{}, to {}.", from_whom(facts), facts.recipient)};
  add(sentences, about_helo(facts.helo_state));
  if (facts.directory_is_silent)
    add(sentences, "The directory did not say whether the recipient is ours.");
  else if (facts.recipient_is_ours)
    add(sentences, "The recipient's domain is ours.");
  else
    add(sentences, "The recipient's domain is not ours.");
  add_quotas(sentences, facts.quotas, facts.store_is_unavailable);
  if (facts.account_is_locked) add(sentences, "The account is locked by a postmaster.");
  return sentences;
}

Sentences sentences_of(const JournalEntry& entry, const rules::MessageFacts& facts) {
  const auto more =
      facts.recipient_count - std::min(facts.recipient_count, facts.recipients.size());
  Sentences sentences{
      who(entry, facts),
      fmt::format("{}, to {}{}.", from_whom(facts), fmt::join(facts.recipients, ", "),
                  more == 0 ? "" : fmt::format(" and {} more", more))};
  if (facts.header_is_too_large) {
    add(sentences, "Its header is too large to be looked at.");
    return sentences;
  }
  if (!facts.author_domains.empty())
    sentences.push_back(
        fmt::format("The author writes as {}.", fmt::join(facts.author_domains, ", ")));
  add(sentences, about_from(facts.from));
  add(sentences, about_helo(facts.helo_state));
  if (entry.direction == to_text(rules::Direction::inbound) &&
      facts.returned == rules::Returned::no)
    add_results(sentences, facts);
  if (!facts.claimed.empty())
    sentences.push_back(fmt::format(
        "It claims to be from {}, whom its sender does not own.", facts.claimed));
  add_quotas(sentences, facts.quotas, facts.store_is_unavailable);
  if (facts.account_is_locked) add(sentences, "The account is locked by a postmaster.");
  add(sentences, about_signing(facts.signing));
  return sentences;
}

template <class Facts>
Sentences told(const JournalEntry& entry, const Result<Facts, rules::FactsFault>& facts) {
  if (!facts)
    return {fmt::format("What was known of it cannot be read: {}.", facts.fault().reason)};
  return sentences_of(entry, *facts);
}

Sentences told(const JournalEntry& entry) {
  if (entry.kind == "message") return told(entry, rules::parse_message_facts(entry.facts));
  if (entry.kind == "recipient")
    return told(entry, rules::parse_recipient_facts(entry.facts));
  return told(entry, rules::parse_sender_facts(entry.facts));
}

std::string title_of(const JournalEntry& entry) {
  const auto name = !entry.queue_id.empty() ? "message " + entry.queue_id
                    : !entry.id.empty()     ? "message " + entry.id + " (id of ours)"
                                            : std::string{"message"};
  const auto step = entry.kind == "recipient" ? ", a recipient"
                    : entry.kind == "sender"  ? ", its sender"
                                              : "";
  const auto seconds = std::chrono::system_clock::to_time_t(entry.at);
  return fmt::format("{}{}, {:%Y-%m-%d %H:%M:%S} UTC", name, step, fmt::gmtime(seconds));
}

std::string end_of(const JournalEntry& entry) {
  auto end = fmt::format("So it was {}", outcome_of(entry.verdict));
  const auto because = entry.because.empty() ? "" : " (" + entry.because + ")";
  if (!entry.would.empty())
    end += fmt::format(", though by the rule {}{} it would have been {}: {} is \"monitor\"",
                       entry.rule, because, outcome_of(entry.would),
                       mode_key_of(entry.rule, !entry.login.empty()));
  else
    end += fmt::format(", by the rule {}{}", entry.rule, because);
  end += ".";
  if (!entry.reply.empty())
    end += fmt::format(" {}: \"{}\".",
                       entry.would.empty() ? "The client was told"
                                           : "The client would "
                                             "have been told",
                       entry.reply);
  if (!entry.signed_with.empty())
    end += fmt::format(" It was signed ({}).", entry.signed_with);
  if (!entry.sealed_as.empty()) end += fmt::format(" It was sealed ({}).", entry.sealed_as);
  return end;
}

}  // namespace

std::string_view outcome_of(std::string_view verdict) noexcept {
  static constexpr std::pair<std::string_view, std::string_view> outcomes[] = {
      {"accept", "let through"},
      {"tag", "let through with a mark"},
      {"subject", "let through with a mark in the subject"},
      {"quarantine", "put into quarantine"},
      {"redirect", "redirected"},
      {"defer", "told to come back later"},
      {"reject", "refused for good"},
  };
  const auto* const found =
      std::ranges::find(outcomes, verdict, [](const auto& row) { return row.first; });
  return found == std::end(outcomes) ? verdict : found->second;
}

std::string_view mode_key_of(std::string_view rule, bool has_login) noexcept {
  const auto area = rule.substr(0, rule.find('.'));
  if (area == "relay" || area == "listener") return "relay.mode";
  if (area == "quota" || area == "warmup") return "quota.mode";
  if (area == "preflight") return "preflight.mode";
  if (area == "identity") return has_login ? "identity.mode" : "identity.without_login";
  return "inbound.mode";
}

Story story_of(const JournalEntry& entry) {
  Story story{title_of(entry), told(entry), end_of(entry)};
  for (const auto& finding : entry.findings)
    story.sentences.push_back("Rule " + finding + ".");
  return story;
}

}  // namespace milterward::status
