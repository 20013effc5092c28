// SPDX-License-Identifier: Apache-2.0
#include "policy/journaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "policy/base/ascii.h"
#include "policy/base/c_boundary.h"
#include "policy/mail/address.h"
#include "policy/rules/audience.h"
#include "policy/rules/facts_text.h"
#include "policy/rules/inbound.h"
#include "policy/sign/pseudonym.h"

namespace milterward {
namespace {

using ports::JournalEntry;

constexpr const char* kind_of(const rules::SenderFacts&) { return "sender"; }
constexpr const char* kind_of(const rules::RecipientFacts&) { return "recipient"; }
constexpr const char* kind_of(const rules::MessageFacts&) { return "message"; }

void add_name(JournalEntry& entry, std::string_view name) {
  auto lower = to_lower(name);
  if (!lower.empty() && std::ranges::find(entry.names, lower) == entry.names.end())
    entry.names.push_back(std::move(lower));
}

/// Of a domain or a client the subject names nobody.
void add_names(JournalEntry& entry, const std::vector<rules::QuotaFact>& quotas) {
  for (const auto& quota : quotas)
    if (quota.scope == rules::QuotaScope::account) add_name(entry, quota.subject);
}

void add_own(JournalEntry&, const rules::SenderFacts&, const conf::Config&) {}

void add_own(JournalEntry& entry, const rules::RecipientFacts& facts, const conf::Config&) {
  entry.recipients = {facts.recipient};
  add_names(entry, facts.quotas);
}

void add_own(JournalEntry& entry, const rules::MessageFacts& facts,
             const conf::Config& config) {
  entry.recipients = facts.recipients;
  add_name(entry, facts.claimed);
  add_names(entry, facts.quotas);
  if (!facts.author_domains.empty()) entry.domain = facts.author_domains.front();
  if (entry.direction != to_text(rules::Direction::inbound)) return;
  const auto joined = rules::join(rules::judge_inbound(facts, config));
  for (const auto& finding : rules::findings_of(facts, *joined.settings))
    entry.findings.push_back(fmt::format("{} {}{}{}", finding.rule, to_text(finding.action),
                                         finding.because.empty() ? "" : " because ",
                                         finding.because));
}

template <class Facts>
class Draft final : public ports::JournalDraft {
 public:
  Draft(const Services& services, Facts facts, Noted noted)
      : at_(services.clock->today()),
        config_(services.config),
        secret_(services.trace_secret),
        facts_(std::move(facts)),
        noted_(std::move(noted)) {}

  JournalEntry write() const override {
    const auto& decision = noted_.decision;
    JournalEntry entry;
    entry.at = at_;
    entry.kind = kind_of(facts_);
    entry.id = noted_.id;
    entry.queue_id = noted_.queue_id;
    entry.message_id = noted_.message_id;
    entry.direction = to_text(decision.direction.direction);
    entry.reason = decision.direction.rule;
    entry.client = facts_.client.text();
    entry.mail_from = facts_.mail_from;
    entry.login = facts_.login;
    entry.domain = to_lower(claimed_sender(facts_.mail_from).domain_text);
    add_own(entry, facts_, *config_);
    add_name(entry, facts_.mail_from);
    add_name(entry, facts_.login);
    for (const auto& recipient : entry.recipients) add_name(entry, recipient);
    entry.verdict = to_text(decision.effective().action);
    entry.rule = decision.verdict.rule;
    entry.mode = to_text(decision.mode);
    entry.would = decision.held_back();
    if (decision.verdict.reply.code != 0) entry.reply = to_text(decision.verdict.reply);
    entry.want = rules::to_text(decision.verdict);
    entry.facts = rules::to_text(facts_);
    entry.because = decision.verdict.because;
    if (decision.dmarc) entry.dmarc = to_text(*decision.dmarc);
    entry.signed_with = noted_.signed_with;
    entry.sealed_as = noted_.sealed_as;
    entry.latency = noted_.latency;
    if (config_->journal.local_parts == conf::LocalParts::kept) return entry;
    return renamed(std::move(entry), [&](std::string_view address) {
      return sign::pseudonym_of(address, secret_);
    });
  }

 private:
  const WallTime at_;
  const std::shared_ptr<const conf::Config> config_;
  const sign::TraceSecret secret_;
  const Facts facts_;
  const Noted noted_;
};

template <class Facts>
void note(const Services& services, Facts&& facts, Noted&& noted) noexcept {
  at_c_boundary("journal", 0, [&] {
    services.journal->note(std::make_unique<const Draft<Facts>>(
        services, std::forward<Facts>(facts), std::move(noted)));
    return 0;
  });
}

/// Names that were found, with what they are called now.
using Names = std::vector<std::pair<std::string, std::string>>;

void rename_one(std::string& name, const Renaming& rename, Names& names) {
  if (name.empty()) return;  // nobody
  auto other = rename(name);
  if (other == name) return;
  names.emplace_back(std::exchange(name, other), other);
}

void rename_in(rules::SenderFacts& facts, const Renaming& rename, Names& names) {
  rename_one(facts.mail_from, rename, names);
  rename_one(facts.login, rename, names);
}

void rename_in(std::vector<rules::QuotaFact>& quotas, const Renaming& rename,
               Names& names) {
  for (auto& quota : quotas)
    if (quota.scope == rules::QuotaScope::account) rename_one(quota.subject, rename, names);
}

void rename_in(rules::RecipientFacts& facts, const Renaming& rename, Names& names) {
  rename_in(static_cast<rules::SenderFacts&>(facts), rename, names);
  rename_one(facts.recipient, rename, names);
  rename_in(facts.quotas, rename, names);
}

void rename_in(rules::MessageFacts& facts, const Renaming& rename, Names& names) {
  rename_in(static_cast<rules::SenderFacts&>(facts), rename, names);
  for (auto& recipient : facts.recipients) rename_one(recipient, rename, names);
  rename_one(facts.claimed, rename, names);
  rename_in(facts.quotas, rename, names);
}

/// As a word of its own: a login "a" does not change every "a".
void replace_name(std::string& text, const std::string& name, const std::string& other) {
  const auto is_part = [&](std::size_t at) {
    return at < text.size() && is_alnum(text[at]);
  };
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    if ((at > 0 && is_part(at - 1)) || is_part(at + name.size())) {
      ++at;
      continue;
    }
    text.replace(at, name.size(), other);
    at += other.size();
  }
}

/// Facts that cannot be read are left out: nobody knows what stands in them.
template <class Facts>
std::string renamed_facts(const Result<Facts, rules::FactsFault>& facts,
                          const Renaming& rename, Names& names) {
  if (!facts) return {};
  auto changed = *facts;
  rename_in(changed, rename, names);
  return rules::to_text(changed);
}

}  // namespace

void note_in_journal(const Services& services, rules::SenderFacts facts,
                     Noted noted) noexcept {
  note(services, std::move(facts), std::move(noted));
}

void note_in_journal(const Services& services, rules::RecipientFacts facts,
                     Noted noted) noexcept {
  note(services, std::move(facts), std::move(noted));
}

void note_in_journal(const Services& services, rules::MessageFacts facts,
                     Noted noted) noexcept {
  note(services, std::move(facts), std::move(noted));
}

ports::JournalEntry renamed(ports::JournalEntry entry, const Renaming& rename) {
  Names names;
  if (entry.kind == "message")
    entry.facts = renamed_facts(rules::parse_message_facts(entry.facts), rename, names);
  else if (entry.kind == "recipient")
    entry.facts = renamed_facts(rules::parse_recipient_facts(entry.facts), rename, names);
  else
    entry.facts = renamed_facts(rules::parse_sender_facts(entry.facts), rename, names);
  rename_one(entry.mail_from, rename, names);
  rename_one(entry.login, rename, names);
  for (auto& recipient : entry.recipients) rename_one(recipient, rename, names);
  for (auto& name : entry.names) name = rename(name);
  const auto change = [&](std::string& text) {
    for (const auto& [name, other] : names) replace_name(text, name, other);
  };
  change(entry.reply);
  change(entry.want);
  change(entry.because);
  change(entry.dmarc);
  for (auto& finding : entry.findings) change(finding);
  return entry;
}

}  // namespace milterward
