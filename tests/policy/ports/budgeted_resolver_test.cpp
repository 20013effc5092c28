// SPDX-License-Identifier: Apache-2.0
#include "policy/ports/budgeted_resolver.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_resolver.h"

using namespace milterward;
using namespace milterward::tests;
using ports::BudgetedResolver;
using ports::DnsFault;
using ports::DnsType;

BOOST_AUTO_TEST_SUITE(budgeted_resolver)

BOOST_AUTO_TEST_CASE(questions_within_the_budget_are_asked_and_those_beyond_are_not) {
  const FakeClock clock;
  const Deadline deadline{clock.now()};
  FakeResolver resolver{"a.test TXT x\nb.test TXT x\nc.test TXT x"};
  BudgetedResolver budgeted{resolver, 2};
  BOOST_TEST(budgeted.look_up({"a.test", DnsType::txt}, deadline).has_value());
  BOOST_TEST(budgeted.look_up({"b.test", DnsType::txt}, deadline).has_value());
  const auto beyond = budgeted.look_up({"c.test", DnsType::txt}, deadline);
  BOOST_REQUIRE(!beyond.has_value());
  BOOST_TEST((beyond.fault() == DnsFault::over_budget));
  BOOST_TEST(resolver.asked().size() == 2u);
  BOOST_TEST(budgeted.look_up({"a.test", DnsType::txt}, deadline).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_twice) {
  const FakeClock clock;
  const Deadline deadline{clock.now()};
  FakeResolver resolver{"a.test TXT x\na.test A 192.0.2.1"};
  BudgetedResolver budgeted{resolver, 10};
  for (int i = 0; i < 3; ++i) {
    const auto answer = budgeted.look_up({"a.test", DnsType::txt}, deadline);
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST((*answer)->texts == std::vector<std::string>{"x"});
  }
  BOOST_TEST(budgeted.look_up({"a.test", DnsType::a}, deadline).has_value());
  BOOST_TEST(resolver.asked().size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_first_question_waited_for_in_vain_is_noted) {
  const FakeClock clock;
  const Deadline deadline{clock.now()};
  FakeResolver resolver{"a.test TXT x\nb.test TIMEOUT\nc.test SERVFAIL"};
  BudgetedResolver budgeted{resolver, 10};
  BOOST_TEST(budgeted.look_up({"a.test", DnsType::txt}, deadline).has_value());
  BOOST_TEST(budgeted.look_up({"nothing.test", DnsType::txt}, deadline).has_value());
  budgeted.ask({"b.test", DnsType::a});  // nobody waits
  BOOST_TEST(!budgeted.unanswered().has_value());
  BOOST_TEST(!budgeted.look_up({"c.test", DnsType::txt}, deadline).has_value());
  BOOST_TEST(!budgeted.look_up({"b.test", DnsType::txt}, deadline).has_value());
  BOOST_REQUIRE(budgeted.unanswered().has_value());
  BOOST_TEST(budgeted.unanswered()->name == "c.test");
}

// Asking again would not answer it: it is the message's fault, not that of DNS.
BOOST_AUTO_TEST_CASE(a_question_past_the_budget_is_not_one_that_dns_left_open) {
  const FakeClock clock;
  FakeResolver resolver{"a.test TXT x"};
  BudgetedResolver budgeted{resolver, 0};
  BOOST_TEST(
      !budgeted.look_up({"a.test", DnsType::txt}, Deadline{clock.now()}).has_value());
  BOOST_TEST(!budgeted.unanswered().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
