// SPDX-License-Identifier: Apache-2.0
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "conf/words.h"
#include "policy/base/ascii.h"
#include "policy/base/reply_rules.h"
#include "policy/rules/audience.h"
#include "policy/rules/direction.h"
#include "policy/rules/dmarc.h"
#include "policy/rules/facts_text.h"
#include "policy/rules/identity.h"
#include "policy/rules/inbound.h"
#include "policy/rules/outbound.h"
#include "policy/rules/recipients.h"
#include "policy/rules/relay.h"
#include "policy/rules/reply_text.h"
#include "policy/rules/reputation.h"
#include "tests/support/cases.h"
#include "tests/support/configuration.h"

namespace milterward::rules {
namespace {

using tests::after_the_first;
using tests::Case;
using tests::read_cases;

RecipientFacts recipient_facts(const Case& c) {
  const auto facts = parse_recipient_facts(c["facts"]);
  if (!facts) throw std::runtime_error(facts.fault().reason);
  return *facts;
}

MessageFacts message_facts(const Case& c) {
  const auto facts = parse_message_facts(c["facts"]);
  if (!facts) throw std::runtime_error(facts.fault().reason);
  return *facts;
}

/// `keys` as section.name=word pairs, or `conf` as TOML.
conf::Config config_of(const Case& c) {
  return c.has("conf") ? tests::configuration_from(c["conf"])
                       : tests::configuration(c.get("keys"));
}

BOOST_DATA_TEST_CASE(decides_relay, read_cases("rules/relay.cases"), c) {
  BOOST_TEST(to_text(decide_relay(recipient_facts(c))) == c["want"]);
}

BOOST_DATA_TEST_CASE(decides_one_more, read_cases("rules/recipients.cases"), c) {
  const auto verdict = decide_one_more(recipient_facts(c), config_of(c));
  BOOST_TEST((verdict ? to_text(*verdict) : "none") == c["want"]);
}

BOOST_DATA_TEST_CASE(decides_listener, read_cases("rules/listener.cases"), c) {
  BOOST_TEST(to_text(decide_listener(recipient_facts(c))) == c["want"]);
}

BOOST_DATA_TEST_CASE(decides_direction, read_cases("rules/direction.cases"), c) {
  const auto decision = decide_direction(message_facts(c));
  BOOST_TEST(fmt::format("{} {}", to_text(decision.direction), decision.rule) == c["want"]);
}

/// want: the verdict of mode "reject", or "nothing"; mode: the one in force.
BOOST_DATA_TEST_CASE(decides_identity, read_cases("rules/identity.cases"), c) {
  const auto config = tests::configuration_from(c.get("conf"));
  const auto facts = message_facts(c);
  const auto verdict = decide_identity(facts);
  BOOST_TEST((verdict ? to_text(*verdict) : "nothing") == c["want"]);
  BOOST_TEST(conf::word_of(identity_mode(facts, config.identity)) == c["mode"]);
  BOOST_TEST(wrongly_claimed(facts) == c.get("claimed"));
}

constexpr auto some_lists = R"([dnsbl]
on_badly_listed = "reject"
[[dnsbl.list]]
zone = "zen.test"
codes = ["127.0.0.2-3"]
weight = 2
[[dnsbl.list]]
zone = "zen.test"
codes = ["127.0.0.10-11"]
[[dnsbl.list]]
zone = "key.bad.example"
name = "bad.test"
weight = 2
[[dnsbl.list]]
zone = "good.test"
kind = "allow"
weight = 2
)";

/// Action and rule, the reply when there is one, and what else decided.
BOOST_DATA_TEST_CASE(weighs_lists, read_cases("rules/reputation.cases"), c) {
  const auto settings = tests::configuration_from(some_lists).inbound;
  const auto facts = message_facts(c);
  const auto reputation = reputation_of(facts, settings.dnsbl);
  BOOST_TEST(fmt::format("{} {}", reputation.score, reputation.least) == c["score"]);
  const auto found = dnsbl_finding(facts, settings);
  std::string text = "nothing";
  if (found) {
    text = fmt::format("{} {}", to_text(found->action), found->rule);
    if (found->reply.code != 0) text += fmt::format(" {};", to_text(found->reply));
    text += " " + found->because;
  }
  BOOST_TEST(text == c["want"]);
}

BOOST_DATA_TEST_CASE(decides_dmarc, read_cases("rules/dmarc.cases"), c) {
  const auto config = config_of(c);
  const auto facts = message_facts(c);
  const auto verdict = decide_inbound(facts, config.inbound);
  BOOST_TEST(fmt::format("{} {}", to_text(verdict.action), verdict.rule) == c["want"]);
  BOOST_TEST(verdict.because == c.get("because"));
  const auto outcome = dmarc_outcome(facts, config.inbound, verdict.action);
  BOOST_TEST((outcome ? to_text(*outcome) : "nothing") == c["told"]);
}

BOOST_DATA_TEST_CASE(decides_inbound, read_cases("rules/inbound.cases"), c) {
  const auto config = config_of(c);
  const auto verdict = decide_inbound(message_facts(c), config.inbound);
  BOOST_TEST(to_text(verdict) == c["want"]);
  BOOST_TEST(verdict.hold_reason.empty() == (c.get("hold", "no") == "no"));
}

BOOST_DATA_TEST_CASE(decides_for_several,
                     after_the_first(read_cases("rules/audience.cases")), c) {
  const auto config = config_of(c);
  auto facts = message_facts(c);
  for (const auto& recipient : c.all("rcpt")) {
    auto policy = policy_of(parse_path(recipient)->mailbox.value(), config);
    if (std::ranges::find(facts.recipient_policies, policy) ==
        facts.recipient_policies.end())
      facts.recipient_policies.push_back(std::move(policy));
  }
  const auto joined = join(judge_inbound(facts, config));
  BOOST_TEST(fmt::format("{} {}", to_text(joined.mode), to_text(joined.verdict)) ==
             c["want"]);
  BOOST_TEST(joined.verdict.hold_reason.empty() == (c.get("hold", "no") == "no"));
  std::vector<std::string> redirected;
  for (const auto& redirection : joined.verdict.redirections)
    redirected.push_back(redirection.policy + ">" + redirection.mailbox);
  BOOST_TEST(fmt::format("{}", fmt::join(redirected, " ")) == c.get("redirected"));
}

BOOST_DATA_TEST_CASE(words_replies, read_cases("rules/replies.cases"), c) {
  const auto config = tests::configuration();
  const auto facts = message_facts(c);
  const auto verdict =
      worded(decide_inbound(facts, config.inbound), facts, {{"dmarc.reject", c["text"]}});
  BOOST_TEST(to_text(verdict) == c["want"]);
}

BOOST_AUTO_TEST_CASE(a_reply_to_a_recipient_can_name_him) {
  RecipientFacts facts;
  facts.recipient = "u@out.test";
  facts.domains_are_configured = true;
  const auto verdict =
      worded(decide_relay(facts), facts, {{"relay.denied", "No relay to {recipient}"}});
  BOOST_TEST(to_text(verdict) == "reject relay.denied 550 5.7.1 No relay to u@out.test");
}

/// The rule of every case that wants a reply is one a configuration can name.
BOOST_AUTO_TEST_CASE(every_rule_with_a_reply_can_be_worded) {
  for (const char* file :
       {"inbound", "dmarc", "relay", "listener", "recipients", "outbound", "reputation"})
    for (const auto& c : read_cases(fmt::format("rules/{}.cases", file))) {
      const auto words = split(c["want"], ' ');
      if (words.size() < 3 || (words[0] != "reject" && words[0] != "defer")) continue;
      BOOST_TEST((std::ranges::find(reply_rules, words[1]) != reply_rules.end()),
                 c["want"]);
    }
}

BOOST_DATA_TEST_CASE(decides_outbound, read_cases("rules/outbound.cases"), c) {
  const auto config = tests::configuration(c.get("keys"));
  const auto verdict = decide_outbound(message_facts(c), config.sign);
  BOOST_TEST(to_text(verdict) == c["want"]);
  BOOST_TEST((is_to_be_signed(verdict) ? "yes" : "no") == c["sign"]);
}

BOOST_AUTO_TEST_CASE(facts_survive_being_written_and_read) {
  MessageFacts facts;
  facts.client = IpAddress::parse("2001:db8::1").value();
  facts.client_name = "mx \"odd\\name\"\r\n\x01";
  facts.came_by_smtp = false;
  facts.helo = "a b";
  facts.mail_from = "j\xc3\xb6rg@example.org";
  facts.recipients = {"a@home.test", "\"b c\"@home.test", ""};
  facts.recipient_count = 1000;
  facts.recipient_policies = {"", "strict.test"};
  facts.returned = Returned::entered_as_stranger;
  facts.iprev = auth::IprevResult::fail;
  facts.iprev_name = "mx.a.test";
  facts.from = FromState::several_domains;
  facts.is_preflighted = true;
  facts.preflight = {{Preflight::no_date, ""}, {Preflight::spf, "2001:db8::1 fail"}};
  facts.bulk_field = "List-Id";
  facts.unsubscription = Unsubscription::not_signed;
  facts.signature_is_aligned = facts.mail_from_is_aligned = true;
  facts.dmarc_is_missing = true;
  facts.author_domains = {"a.test", "b.test"};
  facts.account_class = "bulk mail";
  facts.mail_from_claim = Claim::owned;
  facts.author_claim = Claim::unreadable;
  facts.our_author_domains = {"a.test"};
  facts.spf = ports::SpfResult::permerror;
  facts.dkim = {{ports::DkimResult::pass, "a.test", "s1", "rsa-sha256"},
                {ports::DkimResult::policy, "", "", ""},
                {ports::DkimResult::permerror, "b.test", "s2", "rsa:sha256:odd"}};
  facts.arc = auth::ArcResult::pass;
  facts.arc_seals = {{"a.test", "s1"}, {"b.test", "s2.x"}};
  facts.arc_origin = IpAddress::parse("192.0.2.9").value();
  facts.arc_witnesses = {{"b.test", auth::ArcProof::dkim, "a.test"}};
  facts.arc_is_unfinished = true;
  facts.dmarc_domain = "a.test";
  facts.signing = SigningState::key_unusable;
  facts.account_class = "very free";
  facts.quotas = {{QuotaScope::client, conf::QuotaMeasure::recipients, "10m", 7, 5, false,
                   std::chrono::seconds{1'790'000'000}, "2001:db8::/64"},
                  {QuotaScope::account, conf::QuotaMeasure::messages, "day", 1, 5, true,
                   std::chrono::seconds{0}, "joe blogs"}};
  facts.store_is_unavailable = true;
  const auto text = to_text(facts);
  BOOST_TEST(text.find('\n') == std::string::npos);
  const auto again = parse_message_facts(text);
  BOOST_REQUIRE(again.has_value());
  BOOST_CHECK(*again == facts);
}

BOOST_AUTO_TEST_CASE(facts_that_are_none_are_named) {
  const auto reason = [](const char* text) {
    const auto facts = parse_message_facts(text);
    return facts ? std::string{} : facts.fault().reason;
  };
  BOOST_TEST(reason("spf=perhaps") == "spf: not a value for it: perhaps");
  BOOST_TEST(reason("weather=fine") == "no such fact: weather");
  BOOST_TEST(reason("helo=\"open") == "a quoted value does not end");
  BOOST_TEST(reason("client_is_trusted=maybe") ==
             "client_is_trusted: not a value for it: maybe");
  BOOST_TEST(reason("recipient_count=many") == "recipient_count: not a value for it: many");
  BOOST_TEST(reason("quota=account:messages:day:1:2:maybe:0:joe") ==
             "quota: not a value for it: account:messages:day:1:2:maybe:0:joe");
  BOOST_TEST(reason("dkim=lost:a:b:c") == "dkim: not a value for it: lost:a:b:c");
  BOOST_TEST(reason("arc_witness=a:b:c") == "arc_witness: not a value for it: a:b:c");
}

}  // namespace
}  // namespace milterward::rules
