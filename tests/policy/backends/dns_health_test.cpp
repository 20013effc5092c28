// SPDX-License-Identifier: Apache-2.0
#include "policy/backends/dns_health.h"

#include <boost/test/unit_test.hpp>

#include "tests/policy/backends/recorded_events.h"
#include "tests/support/fake_clock.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using backends::DnsHealth;
using ports::DnsFault;

namespace {

struct Steady {
  FakeClock clock;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dns_health, Steady)

BOOST_AUTO_TEST_CASE(one_broken_domain_is_no_outage) {
  RecordedEvents events;
  DnsHealth health{"192.0.2.1@53"};
  for (const auto* name : {"a.test", "_dmarc.a.test", "s._domainkey.a.test", "mx.a.test"})
    health.note_fault(name, DnsFault::server_failure, clock.now());
  BOOST_TEST(!health.failing());
  BOOST_TEST(events.texts().empty());
}

BOOST_AUTO_TEST_CASE(faults_of_two_domains_in_a_row_are_an_outage_told_once) {
  RecordedEvents events;
  DnsHealth health{"192.0.2.1@53"};
  health.note_fault("a.test", DnsFault::timed_out, clock.now());
  health.note_fault("_dmarc.a.test", DnsFault::timed_out, clock.now());
  health.note_fault("b.test", DnsFault::timed_out, clock.now());
  health.note_fault("c.test", DnsFault::timed_out, clock.now());
  BOOST_TEST(health.failing());
  BOOST_TEST(events.texts() == (std::vector<std::string>{
                                   "dns.failing servers=192.0.2.1@53 reason=timed_out"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_between_faults_means_that_servers_answer) {
  DnsHealth health{"192.0.2.1@53"};
  for (int i = 0; i < 20; ++i) {
    health.note_fault("a.test", DnsFault::timed_out, clock.now());
    health.note_fault("b.test", DnsFault::timed_out, clock.now());
    health.note_answer(clock.now());
    clock.advance(1s);
  }
  BOOST_TEST(!health.failing());
}

BOOST_AUTO_TEST_CASE(faults_of_questions_older_than_an_answer_do_not_count) {
  DnsHealth health{"192.0.2.1@53"};
  const auto asked = clock.now();
  clock.advance(1s);
  health.note_answer(clock.now());
  for (const auto* name : {"a.test", "b.test", "c.test", "d.test"})
    health.note_fault(name, DnsFault::timed_out, asked);
  BOOST_TEST(!health.failing());
}

BOOST_AUTO_TEST_CASE(very_many_faults_of_one_domain_are_an_outage) {
  DnsHealth health{"192.0.2.1@53"};
  for (int i = 0; i < 9; ++i) health.note_fault("a.test", DnsFault::timed_out, clock.now());
  BOOST_TEST(!health.failing());
  health.note_fault("a.test", DnsFault::timed_out, clock.now());
  BOOST_TEST(health.failing());
}

BOOST_AUTO_TEST_CASE(recovery_is_told_once) {
  RecordedEvents events;
  DnsHealth health{"192.0.2.1@53"};
  health.note_answer(clock.now());
  clock.advance(1s);
  for (const auto* name : {"a.test", "b.test", "c.test"})
    health.note_fault(name, DnsFault::server_failure, clock.now());
  health.note_answer(clock.now());
  health.note_answer(clock.now());
  BOOST_TEST(events.texts() == (std::vector<std::string>{
                                   "dns.failing servers=192.0.2.1@53 reason=server_failure",
                                   "dns.recovered servers=192.0.2.1@53"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
