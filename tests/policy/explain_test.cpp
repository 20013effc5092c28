// SPDX-License-Identifier: Apache-2.0
#include "policy/explain.h"

#include <boost/test/unit_test.hpp>

#include "policy/decide.h"
#include "tests/support/configuration.h"

namespace milterward {
namespace {

rules::MessageFacts spoof() {
  rules::MessageFacts facts;
  facts.client = IpAddress::parse("203.0.113.5").value();
  facts.mail_from = "ceo@bank.test";
  facts.author_domains = {"bank.test"};
  facts.dmarc = auth::DmarcResult::fail;
  facts.dmarc_policy = facts.dmarc_published = auth::DmarcPolicy::reject;
  facts.spf = ports::SpfResult::fail;
  facts.dmarc_domain = "bank.test";
  return facts;
}

BOOST_AUTO_TEST_CASE(a_logged_decision_is_decided_again) {
  const auto config = tests::configuration("inbound.mode=enforce");
  const auto decision = decide(spoof(), config);
  rules::RecipientFacts stranger;
  stranger.recipient = "u@out.test";
  stranger.domains_are_configured = true;
  const auto text = facts_stanza("4ABC", spoof(), decision) +
                    facts_stanza("4ABD", stranger, decide(stranger, config));
  const auto told = explain_facts(text, config);
  BOOST_REQUIRE(told.has_value());
  BOOST_REQUIRE_EQUAL(told->size(), 2U);
  BOOST_TEST(told->front().name == "4ABC");
  BOOST_TEST(told->front().direction == "inbound (direction.stranger)");
  BOOST_TEST(told->front().verdict.rule == "dmarc.reject");
  BOOST_TEST(!told->front().differs());
  BOOST_TEST(!told->front().findings.empty());
  BOOST_TEST(told->back().verdict.rule == "relay.denied");
  BOOST_TEST(!told->back().differs());
}

BOOST_AUTO_TEST_CASE(each_policy_of_the_recipients_is_told) {
  const auto config = tests::configuration("inbound.mode=enforce");
  auto facts = spoof();
  facts.recipient_policies = {"", "exempt"};
  const auto told = explain_facts(facts_stanza("x", facts, decide(facts, config)), config);
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(!told->front().differs());
  BOOST_REQUIRE_EQUAL(told->front().judged.size(), 2U);
  BOOST_CHECK(told->front().judged.front().verdict.action == Action::reject);
  BOOST_CHECK(told->front().judged.back().verdict.action == Action::tag);
  BOOST_CHECK(told->front().verdict.action == Action::quarantine);
}

BOOST_AUTO_TEST_CASE(another_configuration_decides_differently) {
  const auto decision = decide(spoof(), tests::configuration());
  const auto told = explain_facts(facts_stanza("x", spoof(), decision),
                                  tests::configuration("dmarc.on_reject=tag"));
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(told->front().differs());
}

BOOST_AUTO_TEST_CASE(what_became_of_the_policy_is_told_and_compared) {
  const auto config = tests::configuration("inbound.mode=enforce");
  auto decision = decide(spoof(), config);
  BOOST_TEST(facts_stanza("x", spoof(), decision).find("\ndmarc: reject\n") !=
             std::string::npos);
  decision.dmarc->reason = conf::OverrideReason::other;
  const auto told = explain_facts(facts_stanza("x", spoof(), decision), config);
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST(told->front().want == to_text(told->front().verdict));
  BOOST_TEST(told->front().differs());
}

BOOST_AUTO_TEST_CASE(what_is_no_stanza_is_named_with_its_line) {
  const auto config = tests::configuration();
  const auto no_colon = explain_facts("name: x\nrubbish\n", config);
  BOOST_REQUIRE(!no_colon.has_value());
  BOOST_TEST(no_colon.fault().line == 2);
  const auto no_kind = explain_facts("\nname: x\nfacts: spf=pass\n", config);
  BOOST_REQUIRE(!no_kind.has_value());
  BOOST_TEST(no_kind.fault().line == 2);
  const auto bad_fact = explain_facts("kind: message\nfacts: spf=maybe\n", config);
  BOOST_REQUIRE(!bad_fact.has_value());
  BOOST_TEST(bad_fact.fault().reason == "spf: not a value for it: maybe");
}

}  // namespace
}  // namespace milterward
