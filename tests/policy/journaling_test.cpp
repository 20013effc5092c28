// SPDX-License-Identifier: Apache-2.0
// What the journal is told of a decision, and by which names.
#include "policy/journaling.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "policy/rules/facts_text.h"
#include "policy/sign/pseudonym.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"

namespace milterward::tests {
namespace {

struct KeptJournal final : ports::Journal {
  void note(std::unique_ptr<const ports::JournalDraft> draft) noexcept override {
    entries.push_back(draft->write());
  }
  std::vector<ports::JournalEntry> entries;
};

struct Host {
  explicit Host(std::string_view keys) {
    services.config = std::make_shared<const conf::Config>(configuration(keys));
    services.clock = std::make_shared<const FakeClock>();
    services.journal = journal;
    services.trace_secret.fill(7);
  }
  ports::JournalEntry note(rules::MessageFacts facts) {
    auto decision = decide(facts, *services.config);
    note_in_journal(services, std::move(facts),
                    {"id", "4ABC", "<m@a.test>", std::move(decision), "", "",
                     std::chrono::microseconds{1500}});
    return journal->entries.back();
  }
  std::shared_ptr<KeptJournal> journal = std::make_shared<KeptJournal>();
  Services services;
};

rules::MessageFacts forged() {
  rules::MessageFacts facts;
  facts.client = IpAddress::parse("203.0.113.5").value();
  facts.mail_from = "Ceo@bank.test";
  facts.recipients = {"ann@local.test", "bob@local.test"};
  facts.recipient_count = 2;
  facts.author_domains = {"bank.test"};
  facts.dmarc = auth::DmarcResult::fail;
  facts.dmarc_policy = facts.dmarc_published = auth::DmarcPolicy::reject;
  facts.spf = ports::SpfResult::fail;
  facts.dmarc_domain = "bank.test";
  return facts;
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(journaling)

BOOST_AUTO_TEST_CASE(an_entry_has_the_facts_the_findings_and_the_verdict) {
  Host host{"inbound.mode=enforce"};
  const auto entry = host.note(forged());
  BOOST_TEST(entry.kind == "message");
  BOOST_TEST(entry.queue_id == "4ABC");
  BOOST_TEST(entry.direction == "inbound");
  BOOST_TEST(entry.reason == "direction.stranger");
  BOOST_TEST(entry.verdict == "reject");
  BOOST_TEST(entry.rule == "dmarc.reject");
  BOOST_TEST(entry.would == "");
  BOOST_TEST(entry.domain == "bank.test");
  BOOST_TEST(entry.dmarc == "reject");
  BOOST_TEST(entry.latency.count() == 1500);
  BOOST_TEST(entry.facts == rules::to_text(forged()));
  BOOST_TEST(
      (std::ranges::find(entry.findings, "spf.fail accept") != entry.findings.end()));
  auto names = entry.names;
  std::ranges::sort(names);
  BOOST_TEST(names == (Names{"ann@local.test", "bob@local.test", "ceo@bank.test"}));
}

BOOST_AUTO_TEST_CASE(monitor_mode_tells_what_it_held_back) {
  Host host{"inbound.mode=monitor"};
  const auto entry = host.note(forged());
  BOOST_TEST(entry.verdict == "accept");
  BOOST_TEST(entry.would == "reject");
  BOOST_TEST(entry.mode == "monitor");
}

BOOST_AUTO_TEST_CASE(hashed_local_parts_leave_no_name_anywhere) {
  Host host{"inbound.mode=enforce journal.local_parts=hashed"};
  auto facts = forged();
  facts.login = "ceo@bank.test";
  facts.claimed = "boss@bank.test";
  facts.quotas = {{rules::QuotaScope::account, conf::QuotaMeasure::messages, "day", 501,
                   500, false, std::chrono::seconds{0}, "ceo@bank.test"}};
  const auto entry = host.note(facts);
  std::string all = entry.facts + entry.mail_from + entry.login + entry.reply + entry.want +
                    entry.because + entry.dmarc;
  for (const auto& text : entry.recipients) all += text;
  for (const auto& text : entry.findings) all += text;
  for (const auto& text : entry.names) all += text;
  for (const auto* name : {"ceo@", "Ceo@", "ann@", "bob@", "boss@"})
    BOOST_TEST(all.find(name) == std::string::npos, name);
  const auto hashed = sign::pseudonym_of("ceo@bank.test", host.services.trace_secret);
  BOOST_TEST(entry.mail_from == hashed);
  BOOST_TEST((std::ranges::find(entry.names, hashed) != entry.names.end()));
  const auto again = rules::parse_message_facts(entry.facts);
  BOOST_REQUIRE(again.has_value());
  BOOST_CHECK(decide(*again, *host.services.config).verdict.rule == entry.rule);
}

BOOST_AUTO_TEST_CASE(a_sender_refused_at_mail_is_noted_with_his_facts) {
  Host host{""};
  rules::SenderFacts facts;
  facts.client = IpAddress::parse("203.0.113.5").value();
  facts.mail_from = "a@b.test";
  note_in_journal(host.services, facts,
                  {"id", "", "", decide(facts, *host.services.config)});
  const auto& entry = host.journal->entries.back();
  BOOST_TEST(entry.kind == "sender");
  const auto again = rules::parse_sender_facts(entry.facts);
  BOOST_REQUIRE(again.has_value());
  BOOST_CHECK(*again == facts);
}

BOOST_AUTO_TEST_CASE(a_name_in_a_reply_is_replaced_as_a_word_only) {
  ports::JournalEntry entry;
  entry.kind = "sender";
  entry.login = "a";
  entry.reply = "550 5.7.1 a may not, says a.";
  const auto other = renamed(entry, [](std::string_view) { return "*"; });
  BOOST_TEST(other.reply == "550 5.7.1 * may not, says *.");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace milterward::tests
