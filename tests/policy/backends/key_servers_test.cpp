// SPDX-License-Identifier: Apache-2.0
// A key, and the real name servers of its zone: the resolver asks one of them, the keeper
// of keys all. Names do not live long enough to be cached (TTL 0).
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "policy/backends/direct_name_servers.h"
#include "policy/backends/directory_keys.h"
#include "policy/backends/file_descriptor.h"
#include "policy/backends/key_directory.h"
#include "policy/backends/key_state_files.h"
#include "policy/backends/unbound_resolver.h"
#include "policy/chores/key_keeper.h"
#include "policy/sign/key_publication.h"
#include "policy/sign/new_key.h"
#include "policy/sign/private_key.h"
#include "tests/milter/temporary_directory.h"
#include "tests/policy/backends/knot_server.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/resolver_settings.h"
#include "tests/support/contains.h"

namespace milterward::tests {
namespace {

using namespace std::chrono_literals;
using chores::KeyKeeper;
using conf::AskAuthoritative;
using ports::KeyState;

constexpr auto key_name = "first._domainkey.rotate.test";

bool has_ipv6_loopback() {
  const backends::FileDescriptor fd{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return fd && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

/// A domain with one new key, whose zone is served by `one`, whom the resolver asks, and by
/// others that a test names.
struct Zone {
  Zone() {
    BOOST_REQUIRE(!states.set(domain, {"first", KeyState::fresh, clock.today()}));
    BOOST_REQUIRE(store.add(domain, "first", pem).has_value());
  }

  /// NS and addresses of further servers, which every server of the zone shows.
  std::string ns(const std::string& name, const std::string& address) const {
    const std::string type = address.find(':') == std::string::npos ? " A " : " AAAA ";
    return ". 0 NS " + name + ".\n" + name + ". 0" + type + address + "\n";
  }
  std::string record() const {
    return sign::zone_file_record(key_name, sign::key_record_text(*key));
  }

  Deadline soon() { return Deadline::after(clock, 20s); }
  /// One round by a keeper that knows where these are served.
  KeyState tend(std::vector<conf::DnsServer> known, AskAuthoritative rule) {
    backends::DirectNameServers servers{std::move(known), clock};
    KeyKeeper keeper{{keys, store, states, resolver, &servers, clock, {}},
                     {0s, 144h, rule}};
    const auto kept = keeper.tend(domain, soon());
    BOOST_REQUIRE(kept.has_value());
    last = kept.value().at(0);
    return last.life.standing.state;
  }
  std::string activate(std::vector<conf::DnsServer> known, AskAuthoritative rule) {
    backends::DirectNameServers servers{std::move(known), clock};
    KeyKeeper keeper{{keys, store, states, resolver, &servers, clock, {}},
                     {0s, 144h, rule}};
    const auto fault = keeper.activate(domain, "first", soon());
    return fault ? fault->reason : "";
  }
  sign::KeyView view(std::vector<conf::DnsServer> known) {
    backends::DirectNameServers servers{std::move(known), clock};
    return sign::look_up_everywhere({resolver, &servers, AskAuthoritative::all}, "first",
                                    domain, *key, soon());
  }
  bool was_told(const std::string& text) const {
    for (const auto& event : events.texts())
      if (contains(event, text)) return true;
    return false;
  }

  const Domain domain = Domain::parse("rotate.test").value();
  const std::string pem{
      sign::make_private_key(ports::SigningAlgorithm::ed25519_sha256).value().view()};
  const std::shared_ptr<const ports::PrivateKey> key = sign::parse_private_key(pem).value();
  const RecordedEvents events;
  SystemClock clock;
  KnotServer one{""};
  backends::UnboundResolver resolver{settings_for({one.address()}), clock};
  chores::KeptKey last;  // as the last round answered it
  TemporaryDirectory directory;
  const std::string path = directory.path("keys");
  backends::KeyDirectory store{path};
  backends::KeyStateFiles states{path};
  backends::DirectoryKeys keys{path};
};

BOOST_FIXTURE_TEST_SUITE(key_servers, Zone)

BOOST_AUTO_TEST_CASE(a_key_waits_for_the_server_that_still_has_the_old_zone) {
  const auto both = ns("ns2.test", "127.0.0.2");
  KnotServer two{both, Dnssec::off, "127.0.0.2"};
  const std::vector known{one.address(), two.address()};
  one.serve(both + record());
  for (int round = 0; round < 3; ++round)
    BOOST_TEST((tend(known, AskAuthoritative::any) == KeyState::fresh));
  BOOST_TEST(
      was_told("key.server_behind domain=rotate.test selector=first "
               "server=ns2.test (127.0.0.2) record=missing"));
  BOOST_TEST(contains(activate(known, AskAuthoritative::any),
                      "is partly (ns2.test (127.0.0.2): missing)"));
  two.serve(both + record());
  BOOST_TEST((tend(known, AskAuthoritative::any) == KeyState::published));
  two.serve(both);  // a zone restored from a backup
  BOOST_TEST((tend(known, AskAuthoritative::any) == KeyState::published));
  two.serve(both + record());
  BOOST_TEST((tend(known, AskAuthoritative::any) == KeyState::active));
}

BOOST_AUTO_TEST_CASE(a_key_that_one_server_shows_altered_waits) {
  const auto both = ns("ns2.test", "127.0.0.2");
  const auto other =
      sign::parse_private_key(
          sign::make_private_key(ports::SigningAlgorithm::ed25519_sha256).value().view())
          .value();
  const KnotServer two{
      both + sign::zone_file_record(key_name, sign::key_record_text(*other)), Dnssec::off,
      "127.0.0.2"};
  one.serve(both + record());
  BOOST_TEST(
      (tend({one.address(), two.address()}, AskAuthoritative::most) == KeyState::fresh));
  BOOST_TEST(was_told("record=altered"));
}

BOOST_AUTO_TEST_CASE(a_dead_server_of_two_is_told_and_waited_for_unless_one_is_enough) {
  one.serve(ns("ns2.test", "127.0.0.2") + record());
  const std::vector known{one.address()};
  BOOST_TEST((tend(known, AskAuthoritative::most) == KeyState::fresh));
  BOOST_TEST(
      was_told("key.server_silent domain=rotate.test selector=first "
               "server=ns2.test (127.0.0.2) reason=silent"));
  BOOST_TEST((last.life.shown == sign::Shown::unanswered));
  BOOST_REQUIRE(last.servers.size() == 2U);
  BOOST_TEST(last.servers[1].says() == "silent");
  BOOST_TEST(
      contains(activate(known, AskAuthoritative::most), "ns2.test (127.0.0.2): silent"));
  BOOST_TEST((tend(known, AskAuthoritative::any) == KeyState::published));
  BOOST_TEST((tend(known, AskAuthoritative::any) == KeyState::active));
}

BOOST_AUTO_TEST_CASE(a_dead_server_of_three_holds_up_nothing_unless_all_have_to_answer) {
  const auto all = ns("ns2.test", "127.0.0.2") + ns("ns3.test", "127.0.0.3") + record();
  one.serve(all);
  const KnotServer three{all, Dnssec::off, "127.0.0.3"};
  const std::vector known{one.address(), three.address()};
  BOOST_TEST((tend(known, AskAuthoritative::all) == KeyState::fresh));
  BOOST_TEST((tend(known, AskAuthoritative::most) == KeyState::published));
  BOOST_TEST((tend(known, AskAuthoritative::most) == KeyState::active));
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_know_the_zone_is_lame_and_shows_nothing) {
  const auto all = ns("ns2.test", "127.0.0.2") + ns("ns3.test", "127.0.0.3") + record();
  one.serve(all);
  const KnotServer two{all, Dnssec::off, "127.0.0.2"};
  // It sends whoever asks to another server.
  const KnotServer three{"rotate.test. 0 NS ns9.test.", Dnssec::off, "127.0.0.3"};
  const auto seen = view({one.address(), two.address(), three.address()});
  BOOST_REQUIRE(seen.servers.size() == 3U);
  BOOST_TEST(seen.servers[2].trouble == "lame");
  BOOST_TEST((seen.shown == sign::Shown::unanswered));
  BOOST_TEST((tend({one.address(), two.address(), three.address()},
                   AskAuthoritative::most) == KeyState::published));
  BOOST_TEST(was_told("server=ns3.test (127.0.0.3) reason=lame"));
}

BOOST_AUTO_TEST_CASE(the_servers_of_an_alias_are_asked_too) {
  const auto all =
      ns("ns2.test", "127.0.0.2") + std::string{key_name} + ". 0 CNAME k1.provider.test.\n";
  const auto target =
      sign::zone_file_record("k1.provider.test", sign::key_record_text(*key));
  one.serve(all + target);
  KnotServer two{all, Dnssec::off, "127.0.0.2"};
  const std::vector known{one.address(), two.address()};
  BOOST_TEST((view(known).shown == sign::Shown::partly));
  two.serve(all + target);
  BOOST_TEST((view(known).shown == sign::Shown::yes));
  two.serve(ns("ns2.test", "127.0.0.2") + key_name + ". 0 CNAME k2.provider.test.\n" +
            target);
  BOOST_TEST((view(known).shown == sign::Shown::partly));
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_fit_is_asked_for_by_tcp) {
  std::string remarks;
  for (char letter = 'a'; letter < 'i'; ++letter)
    remarks +=
        std::string{key_name} + ". 0 TXT \"v=remark " + std::string(200, letter) + "\"\n";
  one.serve(remarks + record());
  BOOST_TEST((view({one.address()}).shown == sign::Shown::yes));
}

BOOST_AUTO_TEST_CASE(a_server_is_asked_at_its_ipv6_address) {
  if (!has_ipv6_loopback()) return;  // of a container, say
  const auto all = ns("ns2.test", "::1");
  one.serve(all + record());
  KnotServer two{all, Dnssec::off, "::1"};
  const std::vector known{one.address(), two.address()};
  BOOST_TEST((view(known).shown == sign::Shown::partly));
  two.serve(all + record());
  BOOST_TEST((view(known).shown == sign::Shown::yes));
}

BOOST_AUTO_TEST_CASE(a_revoked_key_stays_until_no_server_shows_its_record) {
  const auto both = ns("ns2.test", "127.0.0.2");
  one.serve(both);
  KnotServer two{both + record(), Dnssec::off, "127.0.0.2"};
  BOOST_REQUIRE(!states.set(domain, {"first", KeyState::revoked, clock.today()}));
  backends::DirectNameServers servers{{one.address(), two.address()}, clock};
  int withdrawn = 0;
  KeyKeeper keeper{{keys, store, states, resolver, &servers, clock,
                    [&](const chores::RecordChange& change) -> std::optional<std::string> {
                      withdrawn += change.kind == chores::RecordChange::Kind::withdraw;
                      return std::nullopt;
                    }},
                   {0s, 144h, AskAuthoritative::most}};
  BOOST_TEST(keeper.tend(domain, soon()).value().at(0).key != nullptr);
  BOOST_TEST(withdrawn == 1);
  two.serve(both);
  BOOST_TEST(keeper.tend(domain, soon()).value().at(0).key == nullptr);
  BOOST_TEST(withdrawn == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace milterward::tests
