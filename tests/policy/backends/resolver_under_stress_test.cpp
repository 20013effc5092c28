// SPDX-License-Identifier: Apache-2.0
// The resolver against a server that does what it should not: slow, silent, failing, dead.
#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "policy/backends/unbound_resolver.h"
#include "tests/policy/backends/dns_wire.h"
#include "tests/policy/backends/failing_allocation.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/resolver_settings.h"
#include "tests/policy/backends/scripted_dns_server.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using backends::DnsKey;
using backends::UnboundResolver;
using ports::DnsType;
using ports::Pending;

namespace {

const SystemClock system_clock;

// What follows is over in an instant, or in two seconds; on a busy machine it may take
// longer, and what it must not be takes much longer still.
constexpr auto sooner_than_one_by_one = 10s;       // a hundred answers of 0.9 s
constexpr auto sooner_than_the_library = 10s;      // which alone comes back after 23 s
constexpr auto sooner_than_a_cached_failure = 4s;  // kept for 5 s without our settings
constexpr auto sooner_than_the_patience_of_all = 5s;

Deadline in(std::chrono::milliseconds patience) {
  return Deadline::after(system_clock, patience);
}

std::string look_up(UnboundResolver& resolver, const std::string& name,
                    std::chrono::milliseconds patience = 10s) {
  return describe(resolver.look_up({name, DnsType::a}, in(patience)));
}

SteadyTime::duration time_of(const auto& work) {
  const auto begin = system_clock.now();
  work();
  return system_clock.now() - begin;
}

/// Asks so many questions, then waits for all; how many were answered.
int found_of(int count, UnboundResolver& resolver) {
  std::vector<Pending> pending;
  for (int i = 0; i < count; ++i)
    pending.push_back(resolver.ask({"n" + std::to_string(i) + ".test", DnsType::a}));
  int found = 0;
  for (const auto& one : pending)
    found += describe(one.wait(in(10s))) == "found 60 192.0.2.1";
  return found;
}

/// Waits for what the other side does, at most ten seconds.
bool happens(const auto& condition) {
  for (const auto limit = system_clock.now() + 10s; system_clock.now() < limit;
       std::this_thread::sleep_for(5ms))
    if (condition()) return true;
  return condition();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resolver_under_stress)

BOOST_AUTO_TEST_CASE(one_question_of_fifty_askers_is_asked_once) {
  ScriptedDnsServer server{[](const DnsKey&) { return address_reply(60, 200ms); }};
  UnboundResolver resolver{settings_for({server.address()}), system_clock};
  std::vector<std::jthread> askers;
  std::atomic<int> right{0};
  for (int i = 0; i < 50; ++i)
    askers.emplace_back([&, i] {
      const auto* spelling = i % 2 == 0 ? "a.test" : "A.TEST.";
      right += look_up(resolver, spelling) == "found 60 192.0.2.1";
    });
  askers.clear();
  BOOST_TEST(right == 50);
  BOOST_TEST(server.questions_for("a.test") == 1u);
}

BOOST_AUTO_TEST_CASE(answer_is_asked_again_when_its_ttl_is_over_and_not_before) {
  ScriptedDnsServer server{[](const DnsKey&) { return address_reply(1); }};
  UnboundResolver resolver{settings_for({server.address()}), system_clock};
  look_up(resolver, "a.test");
  look_up(resolver, "a.test");
  BOOST_TEST(server.questions_for("a.test") == 1u);
  BOOST_TEST(happens([&] {
    look_up(resolver, "a.test");
    return server.questions_for("a.test") == 2;
  }));
}

BOOST_AUTO_TEST_CASE(hundred_slow_answers_arrive_together) {
  ScriptedDnsServer server{[](const DnsKey&) { return address_reply(60, 900ms); }};
  UnboundResolver resolver{settings_for({server.address()}), system_clock};
  const auto took = time_of([&] { BOOST_TEST(found_of(100, resolver) == 100); });
  BOOST_TEST((took >= 900ms));
  BOOST_TEST((took < sooner_than_one_by_one));
}

BOOST_AUTO_TEST_CASE(two_hundred_truncated_answers_come_over_tcp_together) {
  ScriptedDnsServer server{[](const DnsKey&) {
    auto reply = address_reply(60);
    reply.only_over_tcp = true;
    return reply;
  }};
  UnboundResolver resolver{settings_for({server.address()}), system_clock};
  BOOST_TEST(found_of(200, resolver) == 200);
}

BOOST_AUTO_TEST_CASE(silence_is_timed_out_when_the_waiter_or_the_settings_say) {
  ScriptedDnsServer server{[](const DnsKey&) { return ScriptedReply{}; }};
  server.set_silent(true);
  UnboundResolver resolver{settings_for({server.address()}, 1s), system_clock};
  const auto waiter =
      time_of([&] { BOOST_TEST(look_up(resolver, "a.test", 200ms) == "timed_out"); });
  BOOST_TEST((waiter >= 200ms && waiter < 1s));
  const auto settings =
      time_of([&] { BOOST_TEST(look_up(resolver, "b.test") == "timed_out"); });
  BOOST_TEST((settings >= 1s && settings < sooner_than_the_patience_of_all));
}

BOOST_AUTO_TEST_CASE(dead_port_is_timed_out_like_silence) {
  std::optional<ScriptedDnsServer> server{std::in_place,
                                          [](const DnsKey&) { return ScriptedReply{}; }};
  const auto address = server->address();
  server.reset();
  UnboundResolver resolver{settings_for({address}, 1s), system_clock};
  const auto took =
      time_of([&] { BOOST_TEST(look_up(resolver, "a.test") == "timed_out"); });
  BOOST_TEST((took < sooner_than_the_patience_of_all));
}

BOOST_AUTO_TEST_CASE(late_answer_is_there_for_the_next_who_asks) {
  ScriptedDnsServer server{[](const DnsKey&) { return address_reply(60, 800ms); }};
  UnboundResolver resolver{settings_for({server.address()}, 300ms), system_clock};
  BOOST_TEST(look_up(resolver, "a.test") == "timed_out");
  BOOST_TEST(happens([&] { return look_up(resolver, "a.test") == "found 60 192.0.2.1"; }));
}

BOOST_AUTO_TEST_CASE(failing_and_refusing_servers_are_server_failures_not_absence) {
  ScriptedDnsServer server{[](const DnsKey& key) {
    ScriptedReply reply;
    reply.rcode = key.name == "refused.test" ? 5 : 2;
    return reply;
  }};
  UnboundResolver resolver{settings_for({server.address()}), system_clock};
  BOOST_TEST(look_up(resolver, "failing.test") == "server_failure");
  BOOST_TEST(look_up(resolver, "refused.test") == "server_failure");
}

BOOST_AUTO_TEST_CASE(a_failure_is_soon_forgotten) {
  std::atomic<bool> failing{true};
  ScriptedDnsServer server{[&](const DnsKey&) {
    auto reply = address_reply(60);
    if (failing) reply = {.answers = "", .rcode = 2};
    return reply;
  }};
  UnboundResolver resolver{settings_for({server.address()}), system_clock};
  BOOST_TEST(look_up(resolver, "a.test") == "server_failure");
  failing = false;
  const auto took = time_of([&] {
    BOOST_TEST(
        happens([&] { return look_up(resolver, "a.test") == "found 60 192.0.2.1"; }));
  });
  BOOST_TEST((took < sooner_than_a_cached_failure));
}

BOOST_DATA_TEST_CASE(outage_under_load_is_over_soon_after_the_servers_are_back,
                     boost::unit_test::data::make({1, 2}), number_of_servers) {
  RecordedEvents events;
  std::list<ScriptedDnsServer> servers;
  std::vector<conf::DnsServer> addresses;
  for (int i = 0; i < number_of_servers; ++i)
    addresses.push_back(
        servers.emplace_back([](const DnsKey&) { return address_reply(60); }).address());
  UnboundResolver resolver{settings_for(addresses, 1s), system_clock};
  BOOST_TEST(look_up(resolver, "before.test") == "found 60 192.0.2.1");

  for (auto& server : servers) server.set_silent(true);
  int number = 0;
  for (const auto end = system_clock.now() + 6s; system_clock.now() < end;
       std::this_thread::sleep_for(2ms))
    resolver.ask({"out" + std::to_string(++number) + ".test", DnsType::a});
  for (auto& server : servers) server.set_silent(false);

  const auto back = system_clock.now();
  const auto is_back = [&](const std::string& name) {
    return happens([&] { return look_up(resolver, name) == "found 60 192.0.2.1"; });
  };
  BOOST_TEST(is_back("new.test"));
  BOOST_TEST(is_back("out1.test"));
  BOOST_TEST(is_back("out" + std::to_string(number) + ".test"));
  BOOST_TEST((system_clock.now() - back < sooner_than_the_library));

  const auto texts = events.texts();
  BOOST_REQUIRE(texts.size() == 2u);
  BOOST_TEST(texts[0].starts_with("dns.failing servers=127.0.0.1@"));
  BOOST_TEST(texts[1].starts_with("dns.recovered servers=127.0.0.1@"));
}

BOOST_AUTO_TEST_CASE(one_dead_server_of_two_stops_nobody) {
  ScriptedDnsServer dead{[](const DnsKey&) { return ScriptedReply{}; }};
  dead.set_silent(true);
  ScriptedDnsServer alive{[](const DnsKey&) { return address_reply(60); }};
  UnboundResolver resolver{settings_for({dead.address(), alive.address()}), system_clock};
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(look_up(resolver, "n" + std::to_string(i) + ".test") ==
               "found 60 192.0.2.1");
}

BOOST_AUTO_TEST_CASE(questions_beyond_a_thousand_under_way_are_over_limit) {
  ScriptedDnsServer server{[](const DnsKey&) { return ScriptedReply{}; }};
  server.set_silent(true);
  UnboundResolver resolver{settings_for({server.address()}, 3s), system_clock};
  std::vector<Pending> pending;
  for (int i = 0; i < 1100; ++i)
    pending.push_back(resolver.ask({"n" + std::to_string(i) + ".test", DnsType::a}));
  std::size_t over_limit = 0;
  for (const auto& one : pending) over_limit += describe(one.wait(in(10s))) == "over_limit";
  BOOST_TEST(over_limit == 100u);
  BOOST_TEST(look_up(resolver, "later.test") == "timed_out");
}

BOOST_AUTO_TEST_CASE(shutdown_ends_every_wait_with_server_failure) {
  ScriptedDnsServer server{[](const DnsKey&) { return ScriptedReply{}; }};
  server.set_silent(true);
  std::optional<UnboundResolver> resolver{std::in_place, settings_for({server.address()}),
                                          system_clock};
  std::vector<Pending> pending;
  for (int i = 0; i < 50; ++i)
    pending.push_back(resolver->ask({"n" + std::to_string(i) + ".test", DnsType::a}));
  std::vector<std::jthread> waiters;
  std::atomic<int> failed{0};
  for (const auto& one : pending)
    waiters.emplace_back(
        [&, one] { failed += describe(one.wait(in(10s))) == "server_failure"; });
  BOOST_TEST(happens([&] { return server.questions_for("n49.test") > 0; }));
  const auto took = time_of([&] { resolver.reset(); });
  waiters.clear();
  BOOST_TEST(failed == 50);
  BOOST_TEST((took < sooner_than_the_patience_of_all));
  BOOST_TEST(describe(pending.front().wait(in(0s))) == "server_failure");
}

BOOST_AUTO_TEST_CASE(shutdown_right_after_asking_is_clean) {
  ScriptedDnsServer server{[](const DnsKey&) { return address_reply(60); }};
  for (int round = 0; round < 20; ++round) {
    Pending pending;
    {
      UnboundResolver resolver{settings_for({server.address()}), system_clock};
      pending = resolver.ask({"a.test", DnsType::a});
    }
    const auto seen = describe(pending.wait(in(0s)));
    BOOST_TEST((seen == "server_failure" || seen == "found 60 192.0.2.1"), seen);
  }
}

BOOST_AUTO_TEST_CASE(a_question_without_memory_is_answered_and_not_waited_for_ever_after) {
  std::atomic<bool> is_asked{false}, may_answer{false};
  ScriptedDnsServer server{[&](const DnsKey& key) {
    if (key.name.starts_with("answered.")) {
      is_asked = true;
      is_asked.notify_one();
      may_answer.wait(false);
    }
    return address_reply(60);
  }};
  UnboundResolver resolver{settings_for({server.address()}, 60s), system_clock};
  {
    const NoMemoryIn thread{"dns"};
    BOOST_TEST(look_up(resolver, "asked.test") == "server_failure");
    BOOST_TEST(look_up(resolver, "again.test") == "server_failure");
    BOOST_TEST(thread.refused() > 0u);
  }
  const auto pending = resolver.ask({"answered.test", DnsType::a});
  is_asked.wait(false);
  {
    const NoMemoryIn thread{"dns"};
    may_answer = true;
    may_answer.notify_one();
    BOOST_TEST(describe(pending.wait(in(60s))) == "server_failure");
    BOOST_TEST(thread.refused() > 0u);
  }
  for (const auto* name : {"asked.test", "again.test", "answered.test"})
    BOOST_TEST(look_up(resolver, name) == "found 60 192.0.2.1", name);
}

BOOST_AUTO_TEST_SUITE_END()
