// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_cache.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "tests/policy/backends/dns_wire.h"
#include "tests/support/fake_clock.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using backends::DnsCache;
using backends::DnsKey;
using backends::lifetime_of;
using ports::DnsAnswer;
using ports::DnsFault;
using ports::DnsOutcome;
using ports::DnsResult;
using ports::DnsType;

namespace {

DnsResult result(DnsOutcome outcome, std::chrono::seconds ttl, std::string text = "") {
  DnsAnswer answer;
  answer.outcome = outcome;
  answer.ttl = ttl;
  if (!text.empty()) answer.texts.push_back(std::move(text));
  return std::make_shared<const DnsAnswer>(std::move(answer));
}

DnsResult fault(DnsFault fault) { return Unexpected{fault}; }

DnsKey numbered(int number) {
  return {"n" + std::to_string(number) + ".test", DnsType::txt};
}

std::string text_of(const std::optional<DnsResult>& found) {
  return found ? describe(*found) : "nothing";
}

const DnsKey key{"a.test", DnsType::txt};

}  // namespace

BOOST_AUTO_TEST_SUITE(dns_cache)

BOOST_AUTO_TEST_CASE(answer_is_given_again_until_its_ttl_is_over) {
  FakeClock clock;
  DnsCache cache{100};
  cache.insert(key, result(DnsOutcome::found, 60s, "x"), clock.now());
  clock.advance(59s);
  BOOST_TEST(text_of(cache.find(key, clock.now())) == "found 60 \"x\"");
  clock.advance(1s);
  BOOST_TEST(text_of(cache.find(key, clock.now())) == "nothing");
  BOOST_TEST(cache.size() == 0u);
}

BOOST_AUTO_TEST_CASE(types_of_one_name_are_different_questions) {
  FakeClock clock;
  DnsCache cache{100};
  cache.insert(key, result(DnsOutcome::found, 60s, "x"), clock.now());
  BOOST_TEST(text_of(cache.find({"a.test", DnsType::mx}, clock.now())) == "nothing");
}

BOOST_AUTO_TEST_CASE(later_result_replaces_the_earlier) {
  FakeClock clock;
  DnsCache cache{100};
  cache.insert(key, fault(DnsFault::timed_out), clock.now());
  cache.insert(key, result(DnsOutcome::no_domain, 60s), clock.now());
  BOOST_TEST(text_of(cache.find(key, clock.now())) == "no_domain 60");
  BOOST_TEST(cache.size() == 1u);
}

BOOST_AUTO_TEST_CASE(lifetimes_are_capped) {
  BOOST_TEST((lifetime_of(result(DnsOutcome::found, 24h)) == 1h));
  BOOST_TEST((lifetime_of(result(DnsOutcome::no_data, 24h)) == 15min));
  BOOST_TEST((lifetime_of(result(DnsOutcome::no_domain, 24h)) == 15min));
  BOOST_TEST((lifetime_of(result(DnsOutcome::no_domain, 5s)) == 5s));
}

BOOST_AUTO_TEST_CASE(faults_of_the_world_live_a_second_and_our_own_not_at_all) {
  BOOST_TEST((lifetime_of(fault(DnsFault::timed_out)) == 1s));
  BOOST_TEST((lifetime_of(fault(DnsFault::server_failure)) == 1s));
  BOOST_TEST((lifetime_of(fault(DnsFault::bogus)) == 1s));
  BOOST_TEST((lifetime_of(fault(DnsFault::bad_name)) == 0s));
  BOOST_TEST((lifetime_of(fault(DnsFault::over_limit)) == 0s));
}

BOOST_AUTO_TEST_CASE(answer_without_ttl_is_not_kept) {
  FakeClock clock;
  DnsCache cache{100};
  cache.insert(key, result(DnsOutcome::found, 0s, "x"), clock.now());
  BOOST_TEST(text_of(cache.find(key, clock.now())) == "nothing");
}

BOOST_AUTO_TEST_CASE(cache_never_holds_more_than_its_entries) {
  FakeClock clock;
  for (const std::size_t entries : {0u, 1u, 10u, 1024u, 5000u}) {
    DnsCache cache{entries};
    for (int i = 0; i < 10'000; ++i)
      cache.insert(numbered(i), result(DnsOutcome::found, 60s, "x"), clock.now());
    BOOST_TEST(cache.size() <= entries);
    BOOST_TEST(cache.size() >= entries - entries / 10);
  }
}

BOOST_AUTO_TEST_CASE(least_recently_used_goes_first) {
  FakeClock clock;
  DnsCache cache{2};
  cache.insert(numbered(1), result(DnsOutcome::found, 60s, "1"), clock.now());
  cache.insert(numbered(2), result(DnsOutcome::found, 60s, "2"), clock.now());
  BOOST_TEST(text_of(cache.find(numbered(1), clock.now())) == "found 60 \"1\"");
  cache.insert(numbered(3), result(DnsOutcome::found, 60s, "3"), clock.now());
  BOOST_TEST(text_of(cache.find(numbered(2), clock.now())) == "nothing");
  BOOST_TEST(text_of(cache.find(numbered(1), clock.now())) == "found 60 \"1\"");
  BOOST_TEST(text_of(cache.find(numbered(3), clock.now())) == "found 60 \"3\"");
}

BOOST_AUTO_TEST_CASE(long_records_count_as_several_entries) {
  FakeClock clock;
  DnsCache cache{100};
  for (int i = 0; i < 100; ++i)
    cache.insert(numbered(i), result(DnsOutcome::found, 60s, std::string(10'000, 'x')),
                 clock.now());
  BOOST_TEST(cache.size() == 10u);
  cache.insert(key, result(DnsOutcome::found, 60s, std::string(200'000, 'x')), clock.now());
  BOOST_TEST(text_of(cache.find(key, clock.now())) == "nothing");
}

BOOST_AUTO_TEST_SUITE_END()
