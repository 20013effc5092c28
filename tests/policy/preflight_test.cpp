// SPDX-License-Identifier: Apache-2.0
// Mail of ours before it leaves: the cases of policy/preflight.cases, which name the rule
// that each is about and where it is published.
#include "policy/preflight.h"

#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <stdexcept>

#include "policy/auth/spf/native_checker.h"
#include "policy/base/ascii.h"
#include "policy/decide.h"
#include "policy/mail/message_text.h"
#include "policy/noting.h"
#include "policy/rules/facts_text.h"
#include "policy/rules/preflight.h"
#include "tests/support/cases.h"
#include "tests/support/configuration.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

namespace milterward {
namespace {

using tests::Case;
using tests::read_cases;

Services services_for(const Case& c) {
  Services services;
  services.config =
      std::make_shared<const conf::Config>(tests::configuration_from(c.get("conf")));
  services.clock = std::make_shared<tests::FakeClock>();
  services.dns = std::make_shared<tests::FakeResolver>(c.get("dns"));
  services.spf = std::make_shared<const auth::NativeSpfChecker>();
  services.authserv_id = "mx.home.test";
  return services;
}

/// "home.test" or "home.test unsubscribe": what our signature is of, and covers.
std::vector<Signer> signers_of(const Case& c) {
  std::vector<Signer> signers;
  for (const auto& text : c.all("signed")) {
    const auto words = split(text, ' ');
    signers.push_back({std::string{words.front()}, words.size() > 1});
  }
  return signers;
}

struct Examined {
  rules::MessageFacts facts;
  Services services;
};

Examined examined(const Case& c) {
  Examined done{{}, services_for(c)};
  auto& facts = done.facts;
  facts.came_by_smtp = false;
  facts.mail_from = c.get("mail", "joe@home.test");
  if (facts.mail_from == "<>") facts.mail_from.clear();
  facts.account_class = c.get("class");
  facts.recipient_count = std::stoul(c.get("recipients", "1"));
  if (c.has("quota"))
    facts.quotas = rules::parse_message_facts("quota=" + c["quota"]).value().quotas;
  auto text = tests::unescaped(c["message"]);
  const auto dot = text.find("\n.\n");
  if (dot != std::string::npos) text.replace(dot, 3, "\n\n");
  const auto message = parse_message(text + (dot == std::string::npos ? "\n\n" : "\n"));
  note_from(facts, authors_of(message.headers));
  const auto mta = c.get("mta") == "sendmail" ? sign::Mta::sendmail : sign::Mta::postfix;
  PreflightCheck check{done.services, *done.services.dns, mta, message.headers, facts};
  check.body(message.body);
  check.note(facts, signers_of(c), Deadline{SteadyTime::max()});
  return done;
}

std::string brief(const std::vector<rules::PreflightFact>& findings) {
  std::string text;
  for (const auto& fact : findings)
    text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", rules::to_text(fact.kind),
                        fact.detail.empty() ? "" : " ", fact.detail);
  return text.empty() ? "nothing" : text;
}

BOOST_AUTO_TEST_SUITE(preflight)

BOOST_DATA_TEST_CASE(finds, read_cases("policy/preflight.cases"), c) {
  const auto [facts, services] = examined(c);
  const auto& settings = services.config->preflight;
  BOOST_TEST(brief(rules::findings_of(facts, settings)) == c["want"]);
  if (c.has("bulk"))
    BOOST_TEST((rules::is_bulk(facts, settings) ? "yes" : "no") == c["bulk"]);
  if (c.has("verdict"))
    BOOST_TEST(to_text(decide(facts, *services.config).verdict) == c["verdict"]);
  BOOST_TEST(!c["source"].empty());
  // What was found is a fact like others: written, read, and decided again.
  const auto again = rules::parse_message_facts(rules::to_text(facts));
  BOOST_TEST_REQUIRE(again.has_value());
  BOOST_TEST((*again == facts), rules::to_text(facts));
}

BOOST_AUTO_TEST_CASE(dns_is_asked_only_for_addresses_that_are_named) {
  const auto cases =
      tests::parse_cases("message: From: joe@home.test\nmail: joe@home.test\n", "inline");
  const auto done = examined(cases.front());
  BOOST_TEST(
      std::static_pointer_cast<tests::FakeResolver>(done.services.dns)->asked().empty());
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_added_only_where_it_is_asked_for) {
  auto settings = tests::configuration().preflight;
  const auto today = WallTime{std::chrono::seconds{1790000000}};
  const RawHeaders header{{"From", " a@home.test"}};
  BOOST_TEST(missing_fields(header, settings, "5f.1", "mx.home.test", today).empty());
  settings.add_message_id = settings.add_date = true;
  const RawHeaders want{{"Message-ID", " <5f.1@mx.home.test>"},
                        {"Date", " Mon, 21 Sep 2026 14:13:20 +0000"}};
  const auto missing = missing_fields(header, settings, "5f.1", "mx.home.test", today);
  BOOST_TEST((missing == want));
  auto whole = header;
  whole.insert(whole.end(), missing.begin(), missing.end());
  BOOST_TEST(look_over(whole).findings.empty());
  BOOST_TEST(missing_fields(whole, settings, "5f.2", "mx.home.test", today).empty());
}

bool is_overlong(std::string_view text, std::size_t chunk) {
  LineMeter lines;
  for (std::size_t at = 0; at < text.size(); at += chunk)
    lines.feed(text.substr(at, chunk));
  return lines.has_overlong_line();
}

BOOST_AUTO_TEST_CASE(lines_are_measured_however_they_are_cut) {
  const std::string line(998, 'x');
  for (const std::size_t chunk : {1U, 2U, 7U, 997U, 998U, 999U, 1000U, 5000U}) {
    BOOST_TEST(!is_overlong(line + "\r\n" + line + "\r\n", chunk), chunk);
    BOOST_TEST(!is_overlong(line + "\n" + line, chunk), chunk);
    BOOST_TEST(is_overlong("a\r\n" + line + "x\r\nb\r\n", chunk), chunk);
    BOOST_TEST(is_overlong(line + "x", chunk), chunk);
    BOOST_TEST(is_overlong(line + "\rx\r\n", chunk), chunk);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward
