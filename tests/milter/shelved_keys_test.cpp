// SPDX-License-Identifier: Apache-2.0
// The daemon signs by keys that no row of its configuration names: sign.directory.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/milter/daemon_process.h"
#include "tests/milter/milter_client.h"
#include "tests/milter/slow_dns.h"

using namespace milterward::tests;

namespace {

struct House {
  House() {
    std::filesystem::create_directory(keys);
    std::ofstream{plain} << "[daemon]\nuser = \"root\"\n";
    daemon.rewrite_config("[relay]", "[sign]\ndirectory = \"" + keys + "\"\n\n[relay]");
  }
  /// Keys that nobody looks after: they sign as soon as they are there.
  Finished keygen(const std::string& domain, const std::string& selector) const {
    return run_binary({"keygen", domain, "--type", "ed25519", "--selector", selector,
                       "--directory", keys, "--config", plain});
  }
  /// The selectors that signed, "451" and the like, or "" for none.
  std::string mail_from(const std::string& domain) const {
    MilterClient mta{daemon.socket()};
    mta.begin("203.0.113.1");
    mta.mail("joe@" + domain);
    mta.rcpt("user@local.test");
    mta.data();
    mta.header("From", "joe@" + domain);
    mta.end_of_headers();
    mta.body("hello\r\n");
    const auto ending = mta.end_of_message();
    if (ending.answer.command == 'y') return ending.answer.data.substr(0, 3);
    std::string selectors;
    for (const auto& edit : ending.edits)
      if (const auto at = edit.data.find(" s=");
          edit.data.find("DKIM-Sig") < at && at != std::string::npos)
        selectors += edit.data.substr(at + 3, edit.data.find(';', at) - at - 3);
    return selectors;
  }
  SlowDns dns;
  DaemonProcess daemon{dns.port()};
  std::string keys = daemon.directory().path("keys");
  std::string plain = daemon.directory().path("plain.toml");
};

BOOST_FIXTURE_TEST_SUITE(shelved_keys, House)

BOOST_AUTO_TEST_CASE(keys_come_go_and_break_without_a_restart_and_each_for_its_own_domain) {
  BOOST_REQUIRE(keygen("a.test", "s1").code == 0);
  BOOST_REQUIRE(keygen("b.test", "s1").code == 0);
  std::ofstream{keys + "/b.test/s1.pem"} << "no key any more";
  daemon.start_and_wait();
  BOOST_TEST(mail_from("a.test") == "s1");
  BOOST_TEST(mail_from("b.test") == "451");
  BOOST_TEST(mail_from("c.test") == "");
  daemon.wait_event("key.unusable");

  BOOST_REQUIRE(keygen("c.test", "s9").code == 0);
  std::filesystem::remove(keys + "/b.test/s1.pem");
  BOOST_TEST(mail_from("c.test") == "");  // for sign.key_lifetime, or until a reload
  daemon.signal(SIGHUP);
  daemon.wait_event("config.reloaded");
  BOOST_TEST(mail_from("a.test") == "s1");
  BOOST_TEST(mail_from("b.test") == "");
  BOOST_TEST(mail_from("c.test") == "s9");
}

BOOST_AUTO_TEST_CASE(while_the_directory_is_away_unknown_domains_wait) {
  BOOST_REQUIRE(keygen("a.test", "s1").code == 0);
  daemon.start_and_wait();
  BOOST_TEST(mail_from("a.test") == "s1");
  std::filesystem::rename(keys, keys + ".away");
  daemon.signal(SIGHUP);
  daemon.wait_event("config.reloaded");
  BOOST_TEST(mail_from("a.test") == "s1");
  BOOST_TEST(mail_from("b.test") == "451");
}

BOOST_AUTO_TEST_CASE(the_doctor_knows_keys_of_the_directory) {
  BOOST_REQUIRE(keygen("a.test", "s1").code == 0);
  const auto zone = daemon.directory().path("zone");
  std::ofstream{zone} << "a.test. IN A 192.0.2.1\n";
  const auto found =
      run_binary({"doctor", "a.test", "--config", daemon.config_file(), "--zone", zone});
  BOOST_TEST(
      found.output.find("s1._domainkey.a.test has no key record") != std::string::npos,
      found.output);
}

BOOST_AUTO_TEST_CASE(a_key_that_keygen_made_there_signs_when_dns_shows_it_and_not_before) {
  const auto run = [&](std::vector<std::string> arguments, const std::string& zone) {
    arguments.insert(arguments.end(), {"--config", daemon.config_file()});
    if (!zone.empty()) arguments.insert(arguments.end(), {"--zone", zone});
    return run_binary(arguments);
  };
  const auto has = [](const Finished& finished, const std::string& part) {
    return finished.output.find(part) != std::string::npos;
  };
  const auto made = run({"keygen", "a.test", "--type", "ed25519", "--selector", "s1"}, "");
  BOOST_REQUIRE_MESSAGE(made.code == 0, made.output);
  BOOST_TEST(has(made, "milterward keys activate a.test s1"), made.output);
  daemon.start_and_wait();
  BOOST_TEST(mail_from("a.test") == "");

  const auto empty = daemon.directory().path("empty");
  std::ofstream{empty} << "b.test. IN A 192.0.2.1\n";
  const auto refused = run({"keys", "activate", "a.test", "s1"}, empty);
  BOOST_TEST(refused.code == 1);
  BOOST_TEST(has(refused, "s1._domainkey.a.test is missing"), refused.output);
  const auto listed = run({"keys", "list"}, empty);
  BOOST_TEST(has(listed, "a.test s1 new since 20"), listed.output);

  const auto zone = daemon.directory().path("zone");
  const auto record = made.output.find("s1._domainkey.a.test. IN TXT");
  std::ofstream{zone} << made.output.substr(record, made.output.find('\n', record) - record)
                      << "\n";
  const auto activated = run({"keys", "activate", "a.test", "s1"}, zone);
  BOOST_TEST(activated.code == 0, activated.output);
  daemon.signal(SIGHUP);
  daemon.wait_event("config.reloaded");
  BOOST_TEST(mail_from("a.test") == "s1");
  BOOST_TEST(run({"keys", "check"}, zone).code == 0);
  BOOST_TEST(run({"keys", "check", "a.test"}, empty).code == 1);

  const auto rotated = run({"keys", "rotate", "a.test"}, zone);
  BOOST_TEST(has(rotated, "a.test s1 active"), rotated.output);
  BOOST_TEST(has(rotated, " new since 20"), rotated.output);
  BOOST_TEST(run({"keys", "retire", "a.test", "s1"}, zone).code == 0);
  daemon.signal(SIGHUP);
  daemon.wait_event("config.reloaded", 2);
  BOOST_TEST(mail_from("a.test") == "");
  BOOST_TEST(run({"keys", "activate", "a.test"}, zone).code == 64);
  BOOST_TEST(run({"keys", "retire", "a.test", "s7"}, zone).code == 1);
}

BOOST_AUTO_TEST_CASE(check_config_looks_for_the_directory) {
  daemon.rewrite_config(keys, "/nonexistent");
  const auto checked = run_binary({"check-config", daemon.config_file()});
  BOOST_TEST(checked.code == 78);
  BOOST_TEST(checked.output.find("sign.directory: /nonexistent: No such file") !=
                 std::string::npos,
             checked.output);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
