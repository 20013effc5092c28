// SPDX-License-Identifier: Apache-2.0
#include "policy/records.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "conf/words.h"
#include "policy/base/sink.h"
#include "policy/base/unreachable.h"
#include "policy/message.h"
#include "policy/rules/facts_text.h"

namespace milterward {
namespace {

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ","));
}

/// "a@x.test,b@x.test,+98": the first by name, the rest as a number.
std::string recipients_of(const rules::MessageFacts& facts) {
  const auto rest = facts.recipient_count - facts.recipients.size();
  return rest == 0 ? joined(facts.recipients)
                   : fmt::format("{},+{}", joined(facts.recipients), rest);
}

std::string dkim_of(const rules::MessageFacts& facts) {
  std::vector<std::string> words;
  for (const auto& fact : facts.dkim)
    words.push_back(fmt::format("{}:{}", ports::to_text(fact.result), fact.domain));
  return words.empty() ? "none" : joined(words);
}

/// "pass:lists.example", with the newest sealer.
std::string arc_of(const rules::MessageFacts& facts) {
  if (facts.arc_seals.empty()) return std::string{to_text(facts.arc)};
  return fmt::format("{}:{}", to_text(facts.arc), facts.arc_seals.back().domain);
}

std::string dmarc_of(const rules::MessageFacts& facts) {
  if (facts.dmarc != auth::DmarcResult::fail) return std::string{to_text(facts.dmarc)};
  return fmt::format("fail:{}", to_text(facts.dmarc_policy));
}

/// "default,strict.example": the policies that its recipients have.
std::string policies_of(const rules::MessageFacts& facts) {
  auto names = facts.recipient_policies;
  std::ranges::replace(names, std::string{}, "default");
  return joined(names);
}

/// "zen.spamhaus.org:127.0.0.2,other.test:unanswered"
std::string lists_of(const rules::MessageFacts& facts) {
  std::vector<std::string> words;
  for (const auto& listing : facts.listings)
    words.push_back(fmt::format("{}:{}", listing.list, listing.code.text()));
  for (const auto& faulty : facts.list_faults)
    words.push_back(fmt::format("{}:{}", faulty.list, auth::to_text(faulty.fault)));
  return joined(words);
}

const char* way_out_of(auth::ListFault fault) {
  switch (fault) {
    case auth::ListFault::unanswered:
      return "remove the list if it is gone";
    case auth::ListFault::refused:
      return "ask it by a resolver of your own, or by the zone it gave you";
    case auth::ListFault::unbelievable:
      return "remove the list, or correct its zone";
  }
  unreachable();
}

std::string mailboxes_of(const rules::Verdict& verdict) {
  std::vector<std::string> mailboxes;
  for (const auto& redirection : verdict.redirections)
    if (std::ranges::find(mailboxes, redirection.mailbox) == mailboxes.end())
      mailboxes.push_back(redirection.mailbox);
  return joined(mailboxes);
}

/// "no_date,doubled_field:Subject"
void add_preflight(std::vector<LogField>& fields, const Decision& decision) {
  if (decision.is_bulk) fields.push_back({"bulk", "yes"});
  std::vector<std::string> words;
  for (const auto& fact : decision.preflight)
    words.push_back(fmt::format("{}{}{}", rules::to_text(fact.kind),
                                fact.detail.empty() ? "" : ":", fact.detail));
  if (!words.empty()) fields.push_back({"preflight", joined(words)});
}

void add_decision(std::vector<LogField>& fields, const Decision& decision) {
  fields.push_back({"verdict", std::string{to_text(decision.effective().action)}});
  fields.push_back({"rule", decision.verdict.rule});
  fields.push_back({"mode", std::string{to_text(decision.mode)}});
  if (!decision.held_back().empty())
    fields.push_back({"would", std::string{decision.held_back()}});
  if (decision.verdict.reply.code != 0)
    fields.push_back({"reply", to_text(decision.verdict.reply)});
}

}  // namespace

void log_recipient(const Message& message, const rules::SenderFacts& facts,
                   const std::string& recipient, const Decision& decision) {
  std::vector<LogField> fields{
      {"id", message.id()},
      {"queue_id", message.queue_id()},
      {"direction", std::string{to_text(decision.direction.direction)}},
      {"reason", std::string{decision.direction.rule}},
      {"client", facts.client.text()},
      {"helo", facts.helo},
      {"mail_from", facts.mail_from}};
  if (!recipient.empty()) fields.push_back({"recipient", recipient});
  if (!facts.login.empty()) fields.push_back({"login", facts.login});
  add_decision(fields, decision);
  log_event(Event::recipient_decided, fields);
}

void log_mismatch(const Message& message, const rules::SenderFacts& facts,
                  const std::string& claimed, const Decision& decision) {
  log_event(Event::identity_mismatch,
            {{"id", message.id()},
             {"queue_id", message.queue_id()},
             {"login", facts.login},
             {"class", facts.account_class},
             {"client", facts.client.text()},
             {"rule", decision.mismatch},
             {"claimed", claimed},
             {"mode", std::string{conf::word_of(decision.identity)}}});
}

void log_refused_by_mta(const Message& message, const rules::RecipientFacts& facts,
                        const Macros& macros, std::size_t count) {
  // Postfix shows status and text of its refusal where the next hop would stand.
  log_event(Event::recipient_refused, {{"id", message.id()},
                                       {"queue_id", message.queue_id()},
                                       {"client", facts.client.text()},
                                       {"helo", facts.helo},
                                       {"mail_from", facts.mail_from},
                                       {"recipient", facts.recipient},
                                       {"login", facts.login},
                                       {"status", std::string{macros.value("{rcpt_host}")}},
                                       {"text", std::string{macros.value("{rcpt_addr}")}},
                                       {"count", std::to_string(count)}});
}

void log_doubtful(const std::string& id, const rules::RecipientFacts& facts,
                  const Macros& macros, std::string_view rule) {
  log_event(Event::relay_doubtful,
            {{"id", id},
             {"recipient", facts.recipient},
             {"mailer", std::string{macros.value("{rcpt_mailer}")}},
             {"host", std::string{macros.value("{rcpt_host}")}},
             {"rule", std::string{rule}},
             {"way_out", facts.domains_are_configured
                             ? "list the domain in relay.domains if it is yours"
                             : "list your domains in relay.domains"}});
}

void log_faulty_lists(const rules::MessageFacts& facts, const Services& services) {
  for (const auto& faulty : facts.list_faults)
    if (services.list_watch->is_to_be_told(faulty, services.clock->now()))
      log_event(Event::dnsbl_list_unusable,
                {{"list", faulty.list},
                 {"reason", std::string{auth::to_text(faulty.fault)}},
                 {"way_out", way_out_of(faulty.fault)}});
}

void log_message(const MessageRecord& record) {
  constexpr std::size_t usual_fields = 20;
  const auto& facts = record.facts;
  std::vector<LogField> fields;
  fields.reserve(usual_fields);
  fields.push_back({"id", record.id});
  fields.push_back({"queue_id", record.queue_id});
  fields.push_back(
      {"direction", std::string{to_text(record.decision.direction.direction)}});
  fields.push_back({"reason", std::string{record.decision.direction.rule}});
  fields.push_back({"client", facts.client.text()});
  fields.push_back({"helo", facts.helo});
  fields.push_back({"mail_from", facts.mail_from});
  fields.push_back({"recipients", recipients_of(facts)});
  if (!facts.login.empty()) fields.push_back({"login", facts.login});
  fields.push_back({"from", joined(facts.author_domains)});
  if (record.decision.direction.direction == rules::Direction::inbound) {
    if (facts.iprev) fields.push_back({"iprev", std::string{to_text(*facts.iprev)}});
    if (const auto lists = lists_of(facts); !lists.empty())
      fields.push_back({"lists", lists});
    fields.push_back({"spf", std::string{ports::to_text(facts.spf)}});
    fields.push_back({"dkim", dkim_of(facts)});
    if (facts.arc != auth::ArcResult::none) fields.push_back({"arc", arc_of(facts)});
    fields.push_back({"dmarc", dmarc_of(facts)});
    if (!facts.recipient_policies.empty())
      fields.push_back({"policies", policies_of(facts)});
  }
  add_preflight(fields, record.decision);
  add_decision(fields, record.decision);
  if (!record.decision.verdict.because.empty())
    fields.push_back({"because", record.decision.verdict.because});
  if (record.decision.dmarc)
    fields.push_back({"dmarc_disposition", to_text(*record.decision.dmarc)});
  if (const auto mailboxes = mailboxes_of(record.decision.effective()); !mailboxes.empty())
    fields.push_back({"redirected_to", mailboxes});
  if (!record.signatures.empty()) fields.push_back({"signed", record.signatures});
  if (!record.seal.empty()) fields.push_back({"sealed", record.seal});
  fields.push_back({"latency_ms", std::to_string(record.latency.count())});
  log_event(Event::message_decided, fields);
}

}  // namespace milterward
