// SPDX-License-Identifier: Apache-2.0
// The thread that looks after keys: in the real daemon with a real name server (that suite
// runs when it is asked for by name), and, quicker, what programs that publish records may
// do to it.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "milter/front/current_services.h"
#include "milter/key_chores.h"
#include "milter/wiring.h"
#include "policy/sign/key_publication.h"
#include "policy/sign/new_key.h"
#include "policy/sign/private_key.h"
#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/policy/backends/knot_server.h"
#include "tests/policy/backends/recorded_events.h"
#include "tests/policy/backends/server_process.h"
#include "tests/support/configuration.h"
#include "tests/support/contains.h"

using namespace milterward;
using namespace milterward::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto long_enough = 20s;

bool happens(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + long_enough;
  do {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

void write_script(const std::string& path, const std::string& text) {
  std::ofstream{path, std::ios::trunc} << "#!/bin/sh\n" << text << "\n";
  ::chmod(path.c_str(), 0755);
}

/// A daemon whose keys a program publishes, by handing their records to the test.
struct Signed {
  Signed() {
    write_script(hook,
                 fmt::format("cat >> {0}; echo $MILTERWARD_ACTION $MILTERWARD_NAME >> {1}",
                             records, heard));
    daemon.rewrite_config(
        "[relay]", fmt::format("[sign]\ndirectory = \"{}\"\nrotate_every = \"2160h\"\n"
                               "publish_hook = \"{}\"\nkey_lifetime = \"1s\"\n\n[relay]",
                               keys, hook));
  }
  Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", daemon.config_file()});
    return run_binary(arguments);
  }
  /// The next round, and the `count`-th change of a key's state.
  std::string next_state(std::size_t count) {
    daemon.signal(SIGHUP);
    return daemon.wait_event("key.state_changed", count);
  }
  bool signs() const {
    MilterClient mta{daemon.socket()};
    mta.begin("203.0.113.1");
    mta.mail("joe@a.test");
    mta.rcpt("user@local.test");
    mta.data();
    mta.header("From", "joe@a.test");
    mta.end_of_headers();
    mta.body("hello\r\n");
    for (const auto& edit : mta.end_of_message().edits)
      if (contains(edit.data, "DKIM-Signature") && contains(edit.data, "s=s1")) return true;
    return false;
  }

  const std::string soa = ". 0 SOA ns.test. hostmaster.test. 1 60 60 600 0\n";
  KnotServer knot{soa};
  DaemonProcess daemon{knot.address().port};
  std::string keys = daemon.directory().path("keys");
  std::string hook = daemon.directory().path("publish");
  std::string records = daemon.directory().path("records");
  std::string heard = daemon.directory().path("heard");
};

BOOST_FIXTURE_TEST_SUITE(keys_with_knot, Signed, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE(the_daemon_publishes_a_key_and_signs_by_it_once_dns_shows_it) {
  const auto made = run({"keygen", "a.test", "--type", "ed25519", "--selector", "s1"});
  BOOST_REQUIRE_MESSAGE(made.code == 0, made.output);
  daemon.start_and_wait();
  BOOST_TEST(happens([&] { return text_of(heard) == "publish s1._domainkey.a.test\n"; }),
             text_of(heard) << daemon.log());
  BOOST_TEST(!signs());
  BOOST_TEST(run({"keys", "check", "a.test"}).code == 0);  // it does not sign yet

  auto record = text_of(records);
  record.insert(record.find(" IN TXT"), " 0");
  knot.serve(soa + record);
  BOOST_TEST(contains(next_state(1), "state=published"));
  BOOST_TEST(!signs());
  BOOST_TEST(contains(next_state(2), "state=active"));
  BOOST_TEST(happens([&] { return signs(); }));
  const auto checked = run({"keys", "check", "--json", "a.test"});
  BOOST_TEST(checked.code == 0);
  BOOST_TEST(contains(checked.output, "\"server\": \"ns.test\""), checked.output);
  BOOST_TEST(contains(checked.output, "\"address\": \"127.0.0.1\""), checked.output);

  // Gone again: the mail is no better off unsigned, and the postmaster is told.
  knot.serve(soa);
  daemon.signal(SIGHUP);
  BOOST_TEST(contains(daemon.wait_event("key.not_shown"), "selector=s1 record=missing"));
  BOOST_TEST(signs());
  BOOST_TEST(run({"keys", "check", "a.test"}).code == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_named_and_keeps_the_key_from_signing) {
  BOOST_REQUIRE(run({"keygen", "a.test", "--type", "ed25519", "--selector", "s1"}).code ==
                0);
  const auto two = soa + ". 0 NS ns2.test.\nns2.test. 0 A 127.0.0.2\n";
  knot.serve(two);
  daemon.start_and_wait();
  BOOST_REQUIRE(happens([&] { return !text_of(records).empty(); }));
  knot.serve(two + text_of(records));
  daemon.signal(SIGHUP);
  BOOST_TEST(contains(daemon.wait_event("key.server_silent", 2),
                      "selector=s1 server=\"ns2.test (127.0.0.2)\" reason=silent"));
  BOOST_TEST(daemon.events("key.state_changed").empty());
  const auto refused = run({"keys", "activate", "a.test", "s1"});
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(contains(refused.output, "ns2.test (127.0.0.2): silent"), refused.output);
  BOOST_TEST(contains(refused.output, "sign.ask_authoritative"), refused.output);

  daemon.rewrite_config("[sign]\n", "[sign]\nask_authoritative = \"any\"\n");
  BOOST_TEST(contains(next_state(1), "state=published"));
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_does_not_hold_up_the_end) {
  BOOST_REQUIRE(run({"keygen", "a.test", "--type", "ed25519", "--selector", "s1"}).code ==
                0);
  write_script(hook, "echo begun >> " + heard + "; exec sleep 600");
  daemon.start_and_wait();
  BOOST_REQUIRE(happens([&] { return !text_of(heard).empty(); }));
  daemon.signal(SIGTERM);
  BOOST_TEST(daemon.wait_end().value_or(-99) == 0);
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_run_is_found_before_the_daemon_is) {
  ::chmod(hook.c_str(), 0644);
  const auto checked = run_binary({"check-config", daemon.config_file()});
  BOOST_TEST(checked.code == 78);
  BOOST_TEST(contains(checked.output, "sign.publish_hook"), checked.output);
  BOOST_TEST(contains(checked.output, "chmod 0755 " + hook), checked.output);
  BOOST_TEST(contains(checked.output, daemon.config_file() + ":"), checked.output);
}

BOOST_AUTO_TEST_SUITE_END()

/// Two domains with a new key each, which DNS does not show: a round calls the program for
/// both.
struct Waiting {
  Waiting() {
    const auto cabinet = make_key_cabinet(keys, "root");
    for (const auto* name : {"a.test", "b.test"}) {
      const auto domain = Domain::parse(name).value();
      BOOST_REQUIRE(
          !cabinet.states->set(domain, {"s1", ports::KeyState::fresh, WallTime{1s}}));
      BOOST_REQUIRE(cabinet.store->add(domain, "s1", pem).has_value());
    }
    const auto config = configuration_from(
        fmt::format("[daemon]\nuser = \"root\"\n[sign]\ndirectory = \"{}\"\n"
                    "rotate_every = \"2160h\"\npublish_hook = \"{}\"\n",
                    keys, hook));
    current.emplace(
        Wiring{}.make_services_by_hand(config, commands::ZoneFile{"zone", ""}).value());
  }
  /// A round after the other is made by hand. `script` has $D for the directory.
  void begin(const std::string& script, std::chrono::milliseconds limit) {
    write(script);
    chores.emplace(*current, make_key_cabinet, start_chore_hook().value(),
                   KeyChores::Pace{1h, limit, 1h, 1h});
    chores->look_now();
  }
  void write(const std::string& script) const {
    write_script(hook + ".new", "D=" + directory.path() + "\n" + script);
    std::filesystem::rename(hook + ".new", hook);
  }
  std::string heard() const { return text_of(directory.path("heard")); }
  /// Waits for key.care_failed of that domain.
  std::string failure(const std::string& domain) const {
    std::string found;
    happens([&] {
      for (const auto& text : events.texts())
        if (text.starts_with("key.care_failed domain=" + domain)) found = text;
      return !found.empty();
    });
    return found;
  }

  const RecordedEvents events;
  TemporaryDirectory directory;
  const std::string keys = directory.path("keys");
  const std::string hook = directory.path("publish");
  const std::string pem{
      sign::make_private_key(ports::SigningAlgorithm::rsa_sha256).value().view()};
  std::optional<front::CurrentServices> current;
  std::optional<KeyChores> chores;
};

BOOST_FIXTURE_TEST_SUITE(key_hooks, Waiting)

BOOST_AUTO_TEST_CASE(a_program_is_called_with_the_record) {
  begin(
      "[ $MILTERWARD_DOMAIN = a.test ] || exit 0\n"
      "{ env | grep ^MILTERWARD_ | sort; echo --; cat; } > $D/one; mv $D/one $D/call",
      long_enough);
  const auto call = directory.path("call");
  BOOST_REQUIRE(happens([&] { return std::filesystem::exists(call); }));
  const auto key = sign::parse_private_key(pem).value();
  const auto text = sign::key_record_text(*key);
  BOOST_TEST(text_of(call) ==
             "MILTERWARD_ACTION=publish\nMILTERWARD_DOMAIN=a.test\n"
             "MILTERWARD_NAME=s1._domainkey.a.test\nMILTERWARD_SELECTOR=s1\n"
             "MILTERWARD_VALUE=" +
                 text + "\n--\n" + sign::zone_file_record("s1._domainkey.a.test", text));
}

BOOST_AUTO_TEST_CASE(a_program_that_fails_is_told_of_and_called_again_in_the_next_round) {
  begin("echo no route >&2; exit 3", long_enough);
  BOOST_TEST(
      failure("b.test") ==
      "key.care_failed domain=b.test reason=the record of s1._domainkey.b.test could "
      "not be changed: " +
          hook + ": ended with status 3: no route");
  BOOST_TEST(!failure("a.test").empty());
  write("echo $MILTERWARD_DOMAIN >> $D/heard");
  chores->look_now();
  BOOST_TEST(happens([&] { return heard() == "a.test\nb.test\n"; }), heard());
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_is_killed_and_the_next_domain_has_its_turn) {
  begin(
      "[ $MILTERWARD_DOMAIN = a.test ] && exec sleep 600\n"
      "echo $MILTERWARD_DOMAIN >> $D/heard",
      300ms);
  BOOST_TEST(contains(failure("a.test"), "did not end within 300ms and was killed"));
  BOOST_TEST(happens([&] { return heard() == "b.test\n"; }), heard());
}

BOOST_AUTO_TEST_CASE(a_program_that_prints_much_and_reads_nothing_does_no_harm) {
  begin("yes 'a line of noise' | head -c 5000000; echo the end; exit 1", long_enough);
  const auto told = failure("a.test");
  BOOST_TEST(told.ends_with("the end"), told);
  BOOST_TEST(told.size() < 1000U);
}

BOOST_AUTO_TEST_CASE(who_ends_does_not_wait_for_a_program_that_hangs) {
  begin("echo begun >> $D/heard; exec sleep 600", 1h);
  BOOST_REQUIRE(happens([&] { return !heard().empty(); }));
  const auto begun = std::chrono::steady_clock::now();
  chores.reset();
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 60s));
}

BOOST_AUTO_TEST_SUITE_END()

/// Keys that nobody leads: one that [[sign.key]] names, and one of a directory.
struct Unled {
  void watch(const std::string& zone) {
    std::ofstream{directory.path("named.pem")} << pem;
    ::chmod(directory.path("named.pem").c_str(), 0600);
    const auto config = configuration_from(fmt::format(
        "[daemon]\nuser = \"root\"\n[sign]\ndirectory = \"{0}/keys\"\n[[sign.key]]\n"
        "domain = \"named.test\"\nselector = \"s1\"\nfile = \"{0}/named.pem\"\n",
        directory.path()));
    current.emplace(
        Wiring{}.make_services_by_hand(config, commands::ZoneFile{"zone", zone}).value());
    chores.emplace(*current, make_key_cabinet, nullptr, KeyChores::Pace{1h, 1min, 0s, 0s});
    chores->look_now();
  }
  std::string record(const std::string& domain) const {
    return sign::zone_file_record(
        "s1._domainkey." + domain,
        sign::key_record_text(*sign::parse_private_key(pem).value()));
  }
  bool is_told(const std::string& text) const {
    return happens([&] {
      for (const auto& event : events.texts())
        if (event == text) return true;
      return false;
    });
  }
  const RecordedEvents events;
  TemporaryDirectory directory;
  const std::string pem{
      sign::make_private_key(ports::SigningAlgorithm::ed25519_sha256).value().view()};
  std::optional<front::CurrentServices> current;
  std::optional<KeyChores> chores;
};

BOOST_FIXTURE_TEST_SUITE(watched_keys, Unled)

BOOST_AUTO_TEST_CASE(keys_that_dns_does_not_show_any_more_are_told_of_whoever_names_them) {
  const auto cabinet = make_key_cabinet(directory.path("keys"), "root");
  BOOST_REQUIRE(
      cabinet.store->add(Domain::parse("kept.test").value(), "s1", pem).has_value());
  watch("s1._domainkey.kept.test TXT \"v=DKIM1; k=ed25519; p=\"\n");
  BOOST_TEST(is_told("key.not_shown domain=named.test selector=s1 record=missing"));
  BOOST_TEST(is_told("key.not_shown domain=kept.test selector=s1 record=revoked"));
}

BOOST_AUTO_TEST_CASE(keys_that_dns_shows_or_does_not_tell_of_are_left_in_peace) {
  const auto cabinet = make_key_cabinet(directory.path("keys"), "root");
  for (const auto* name : {"kept.test", "zlast.test"})
    BOOST_REQUIRE(cabinet.store->add(Domain::parse(name).value(), "s1", pem).has_value());
  watch(record("named.test") + "s1._domainkey.kept.test TIMEOUT\n");
  // The last one tells that all were looked at.
  BOOST_TEST(is_told("key.not_shown domain=zlast.test selector=s1 record=missing"));
  BOOST_TEST(events.texts().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
