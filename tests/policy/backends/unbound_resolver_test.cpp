// SPDX-License-Identifier: Apache-2.0
// The resolver against a real name server: what each kind of answer becomes.
#include "policy/backends/unbound_resolver.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <stdexcept>
#include <string>

#include "tests/policy/backends/dns_wire.h"
#include "tests/policy/backends/knot_server.h"
#include "tests/policy/backends/resolver_settings.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;
using backends::UnboundResolver;
using ports::DnsType;

namespace {

std::string numbered_texts(std::size_t count) {
  std::string records;
  for (std::size_t i = 0; i < count; ++i)
    records += "many.test. 60 TXT \"" + std::to_string(i) + std::string(200, 'x') + "\"\n";
  return records;
}

const std::string zone = R"(
a.test. 60 A 192.0.2.1
a.test. 60 AAAA 2001:db8::1
a.test. 50 MX 10 MX.a.test.
null.test. 60 MX 0 .
spf.test. 60 TXT "v=spf1 " "ip4:192.0.2.0/24 -all"
1.2.0.192.in-addr.arpa. 60 PTR a.test.
1.0.0.127.in-addr.arpa. 60 PTR loopback.test.
1.0.0.10.in-addr.arpa. 60 PTR private.test.
alias.test. 20 CNAME alias2.test.
alias2.test. 40 CNAME a.test.
dangling.test. 20 CNAME nowhere.test.
circle.test. 20 CNAME circle2.test.
circle2.test. 20 CNAME circle.test.
a\.b.test. 60 TXT "a dot in a label"
a\032b.test. 60 TXT "a blank in a label"
under.invalid. 60 TXT "invalid is ours to ask"
)";

struct Asking {
  KnotServer knot{zone + numbered_texts(40)};
  SystemClock clock;
  UnboundResolver resolver{settings_for({knot.address()}), clock};

  std::string ask(const std::string& name, DnsType type) {
    return describe(resolver.look_up({name, type}, Deadline::after(clock, 10s)));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(unbound_resolver, Asking)

BOOST_AUTO_TEST_CASE(answers_of_a_name_server_are_told_apart) {
  BOOST_TEST(ask("a.test", DnsType::a) == "found 60 192.0.2.1");
  BOOST_TEST(ask("A.Test.", DnsType::aaaa) == "found 60 2001:db8::1");
  BOOST_TEST(ask("a.test", DnsType::mx) == "found 50 10:mx.a.test");
  BOOST_TEST(ask("null.test", DnsType::mx) == "found 60 0:.");
  BOOST_TEST(ask("spf.test", DnsType::txt) == "found 60 \"v=spf1 ip4:192.0.2.0/24 -all\"");
  BOOST_TEST(ask("1.2.0.192.in-addr.arpa", DnsType::ptr) == "found 60 a.test");
  BOOST_TEST(ask("a.test", DnsType::txt) == "no_data 30");
  BOOST_TEST(ask("test", DnsType::txt) == "no_data 30");
  BOOST_TEST(ask("nowhere.test", DnsType::txt) == "no_domain 30");
}

BOOST_AUTO_TEST_CASE(zones_that_libunbound_has_built_in_are_asked_all_the_same) {
  BOOST_TEST(ask("1.0.0.127.in-addr.arpa", DnsType::ptr) == "found 60 loopback.test");
  BOOST_TEST(ask("1.0.0.10.in-addr.arpa", DnsType::ptr) == "found 60 private.test");
  BOOST_TEST(ask("under.invalid", DnsType::txt) == "found 60 \"invalid is ours to ask\"");
}

BOOST_AUTO_TEST_CASE(aliases_are_followed_with_the_least_ttl) {
  BOOST_TEST(ask("alias.test", DnsType::a) == "found 20 192.0.2.1");
  BOOST_TEST(ask("alias.test", DnsType::txt) == "no_data 20");
  BOOST_TEST(ask("dangling.test", DnsType::a) == "no_domain 20");
  BOOST_TEST(ask("circle.test", DnsType::a) == "server_failure");
}

BOOST_AUTO_TEST_CASE(an_answer_says_until_when_it_may_be_used) {
  const auto before = clock.now();
  const auto look_up = [&] {
    return resolver.look_up({"spf.test", DnsType::txt}, Deadline::after(clock, 10s))
        .value();
  };
  const auto answer = look_up();
  BOOST_TEST((answer->expires >= before + 60s));
  BOOST_TEST((answer->expires <= clock.now() + 60s));
  BOOST_TEST((look_up()->expires == answer->expires));  // from the cache
}

BOOST_AUTO_TEST_CASE(answers_too_long_for_udp_come_over_tcp) {
  const auto answer =
      resolver.look_up({"many.test", DnsType::txt}, Deadline::after(clock, 10s));
  BOOST_REQUIRE(answer.has_value());
  BOOST_TEST((*answer)->texts.size() == 40u);
}

BOOST_AUTO_TEST_CASE(odd_octets_reach_the_server_unharmed) {
  BOOST_TEST(ask("a\\.b.test", DnsType::txt) == "found 60 \"a dot in a label\"");
  BOOST_TEST(ask("a b.test", DnsType::txt) == "found 60 \"a blank in a label\"");
  BOOST_TEST(ask("a\\032b.test", DnsType::txt) == "found 60 \"a blank in a label\"");
  const std::string odd{"\0\x01\"(;@$%{\\\\}\xff\xc3\xa9.test", 20};
  BOOST_TEST(ask(odd, DnsType::txt) == "no_domain 30");
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_not_asked) {
  for (const auto& name : {std::string{""}, std::string{"."}, std::string{"a..test"},
                           std::string(64, 'x') + ".test", std::string{"a.test\\"}})
    BOOST_TEST(ask(name, DnsType::a) == "bad_name");
}

BOOST_AUTO_TEST_CASE(outage_ends_when_the_server_returns) {
  BOOST_TEST(ask("a.test", DnsType::a) == "found 60 192.0.2.1");
  knot.stop();
  UnboundResolver impatient{settings_for({knot.address()}, 1s), clock};
  const auto look_up = [&](const std::string& name) {
    return describe(impatient.look_up({name, DnsType::a}, Deadline::after(clock, 10s)));
  };
  BOOST_TEST(look_up("first.test") == "timed_out");
  const auto second = look_up("second.test");
  BOOST_TEST((second == "timed_out" || second == "server_failure"), second);
  knot.start();
  const auto back = clock.now();
  // New names, and those that found no answer while the server was away.
  for (const auto* name : {"third.test", "first.test", "second.test"}) {
    while (look_up(name) != "no_domain 30" && clock.now() < back + 10s) {
    }
    BOOST_TEST((clock.now() - back < 10s), name);  // the library alone: after 23 s
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(unbound_resolver_dnssec)

BOOST_AUTO_TEST_CASE(signed_answers_are_secure_and_forged_ones_bogus) {
  const KnotServer knot{"a.test. 60 A 192.0.2.1\n", Dnssec::sign};
  const SystemClock clock;
  auto settings = settings_for({knot.address()});

  settings.trust_anchor_file = (knot.directory() / "anchor").string();
  std::ofstream{settings.trust_anchor_file} << knot.keys();
  {
    UnboundResolver resolver{settings, clock};
    const auto data = resolver.look_up({"a.test", DnsType::a}, Deadline::after(clock, 10s));
    BOOST_TEST(describe(data) == "found 60 192.0.2.1");
    BOOST_TEST((data && (*data)->secure));
    const auto absence =
        resolver.look_up({"nowhere.test", DnsType::a}, Deadline::after(clock, 10s));
    BOOST_TEST(describe(absence).starts_with("no_domain"));
    BOOST_TEST((absence && (*absence)->secure));
  }

  std::ofstream{settings.trust_anchor_file} << ". 60 DS 1 13 2 " << std::string(64, 'a')
                                            << "\n";
  {
    UnboundResolver resolver{settings, clock};
    BOOST_TEST(describe(resolver.look_up({"a.test", DnsType::a},
                                         Deadline::after(clock, 10s))) == "bogus");
  }

  settings.trust_anchor_file.clear();
  UnboundResolver resolver{settings, clock};
  const auto data = resolver.look_up({"a.test", DnsType::a}, Deadline::after(clock, 10s));
  BOOST_TEST(describe(data) == "found 60 192.0.2.1");
  BOOST_TEST((data && !(*data)->secure));
}

BOOST_AUTO_TEST_CASE(unusable_trust_anchor_is_told_at_once) {
  const KnotServer knot{""};
  const SystemClock clock;
  auto settings = settings_for({knot.address()});
  settings.trust_anchor_file = (knot.directory() / "anchor").string();
  BOOST_CHECK_THROW((UnboundResolver{settings, clock}), std::runtime_error);
  std::ofstream{settings.trust_anchor_file} << "this is no key\n";
  BOOST_CHECK_THROW((UnboundResolver{settings, clock}), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
