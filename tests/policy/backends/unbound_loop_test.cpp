// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/unbound_loop.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/scripted_dns_server.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using backends::DnsKey;
using backends::ForwardAddresses;
using backends::UnboundLoop;
using ports::DnsResult;
using ports::DnsType;

BOOST_AUTO_TEST_SUITE(unbound_loop)

BOOST_AUTO_TEST_CASE(servers_that_the_machine_gets_later_are_asked_once_the_first_fail) {
  RecordedEvents events;
  ScriptedDnsServer first{[](const DnsKey&) { return ScriptedReply{}; }};
  ScriptedDnsServer second{[](const DnsKey&) { return address_reply(60); }};
  first.set_silent(true);
  std::atomic<bool> moved{false};
  std::atomic<int> answered{0};
  const SystemClock clock;
  UnboundLoop loop{[&] {
                     return backends::forward_addresses(
                         {moved ? second.address() : first.address()}, "");
                   },
                   "", clock,
                   [&](const DnsKey&, const DnsResult& result) {
                     if (result) ++answered;
                   }};
  int number = 0;
  const auto ask_until = [&](const auto& condition) {
    for (const auto limit = clock.now() + 10s; clock.now() < limit && !condition();
         std::this_thread::sleep_for(20ms))
      loop.start({"a.n" + std::to_string(++number) + ".test", DnsType::a}, clock.now(),
                 clock.now() + 100ms);
    return condition();
  };
  BOOST_TEST(ask_until([&] { return events.texts().size() == 1; }));
  BOOST_TEST(answered == 0);
  moved = true;
  BOOST_TEST(ask_until([&] { return answered > 0 && events.texts().size() == 2; }));
  BOOST_TEST(events.texts().at(1) ==
             "dns.recovered servers=127.0.0.1@" + std::to_string(second.address().port));
}

BOOST_AUTO_TEST_SUITE_END()
