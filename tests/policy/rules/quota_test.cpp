// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/quota.h"

#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "conf/quota_limit.h"
#include "policy/rules/facts_text.h"
#include "policy/rules/quota_text.h"
#include "tests/support/cases.h"
#include "tests/support/configuration.h"

namespace milterward::rules {
namespace {

using tests::Case;
using tests::read_cases;

const conf::QuotaSettings& settings() {
  static const auto config = tests::configuration_from(R"(
    [quota]
    default_class = "free"
    [[quota.class]]
    name = "free"
    limits = ["messages=100/day"]
    [[quota.class]]
    name = "strict"
    limits = ["recipients=30/10m"]
    at_limit = "reject"
    [[quota.class]]
    name = "held"
    limits = ["messages=100/day"]
    at_limit = "hold"
    [[quota.domain]]
    domains = ["home.test"]
    limits = ["messages=1k/day"]
    [[quota.domain]]
    domains = [".home.test"]
    limits = ["messages=500/day"]
    [[quota.domain]]
    domains = ["exempt.test"]
    [[quota.domain]]
    limits = ["messages=7/day"]
    [[quota.client]]
    networks = ["198.51.100.0/24"]
    [[quota.client]]
    networks = ["0.0.0.0/0", "::/0"]
    limits = ["messages=5/1h"]
    at_limit = "reject"
    [[quota.egress]]
    address = "203.0.113.25"
    domains = [".leaves.test"]
    limits = ["messages=9/day"]
  )");
  return config.quota;
}

MessageFacts facts_of(const Case& c) {
  const auto facts = parse_message_facts(c["facts"]);
  if (!facts) throw std::runtime_error(facts.fault().reason);
  return *facts;
}

std::string text_of(const std::optional<Verdict>& verdict) {
  return verdict ? to_text(*verdict) : "none";
}

BOOST_DATA_TEST_CASE(decides_quota, read_cases("rules/quota.cases"), c) {
  const auto facts = facts_of(c);
  const QuotaFindings found{facts.quotas, facts.store_is_unavailable};
  const auto verdict = decide_quota(facts, found, settings());
  BOOST_TEST(text_of(verdict) == c["want"]);
  BOOST_TEST(text_of(decide_quota_at_rcpt(facts, found, settings())) ==
             c.get("rcpt", c["want"]));
  if (verdict && verdict->action == Action::quarantine)
    BOOST_TEST(verdict->hold_reason.find("100 of 100") != std::string::npos);
}

BOOST_DATA_TEST_CASE(finds_plans, read_cases("rules/quota_plans.cases"), c) {
  std::string found;
  for (const auto& applied : plans_for(facts_of(c), settings())) {
    if (!found.empty()) found += "\n";
    found += fmt::format("{} {}", to_text(applied.scope), applied.subject);
    for (const auto& limit : applied.plan->limits)
      found += fmt::format(" {}/{}", limit.amount, conf::period_of(limit));
  }
  BOOST_TEST((found.empty() ? "none" : found) == c["want"]);
}

}  // namespace
}  // namespace milterward::rules
